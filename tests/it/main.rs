//! The whole program against stand-ins of the outside world, on loopback.
#![cfg(test)]

mod access;
mod acts;
mod backup;
mod buttons;
mod calendar;
mod calendar_cli;
mod careful;
mod cases_cli;
mod channels;
mod check;
mod check_online;
mod cli;
mod clock;
mod console;
mod delivery;
mod doors;
mod duties;
mod edits;
mod history;
mod init;
mod keeping;
mod ladder;
mod links;
mod mail;
mod network;
mod oidc;
mod outage;
mod people;
mod proofs;
mod rehearse;
mod report;
mod report_schedule;
mod rerouting;
mod restart;
mod retries;
mod self_watch;
mod service;
mod sign_in;
mod tls;
mod web;
#[expect(dead_code, reason = "the other test binaries use the rest of it")]
mod world;
