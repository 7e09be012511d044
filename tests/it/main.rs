//! The whole program against stand-ins of the outside world, on loopback.
#![cfg(test)]

mod channels;
mod cli;
mod ladder;
mod outage;
mod restart;
mod world;
