//! What somebody is to the office by the groups that a provider says they are in: pure.

use super::access::{Grant, Role};

/// What a group of the provider's is to the office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// What the provider calls it.
    pub group: String,
    /// What its members are.
    pub role: Role,
    /// The ids of the units of which they are that.
    pub units: Vec<String>,
}

/// What somebody in these groups is: the highest of their roles, in all units that give it; `None`
/// where no group means anything to us.
pub fn grant_of(name: &str, groups: &[String], memberships: &[Membership]) -> Option<Grant> {
    let own: Vec<_> = memberships.iter().filter(|m| groups.contains(&m.group)).collect();
    let role = own.iter().map(|membership| membership.role).max()?;
    let mut units = Vec::new();
    for unit in own.iter().filter(|m| m.role == role).flat_map(|m| &m.units) {
        if !units.contains(unit) {
            units.push(unit.clone());
        }
    }
    Some(Grant { name: name.to_owned(), role, units })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(groups: &[&str], expected: Option<(Role, &[&str])>) {
        let membership = |group: &str, role, units: &[&str]| Membership {
            group: group.to_owned(),
            role,
            units: units.iter().map(|&unit| unit.to_owned()).collect(),
        };
        let all = [
            membership("everybody", Role::Viewer, &[]),
            membership("a", Role::Officer, &["a"]),
            membership("ab", Role::Officer, &["a", "b"]),
            membership("heads", Role::Supervisor, &["c"]),
        ];
        let groups: Vec<String> = groups.iter().map(|&group| group.to_owned()).collect();
        let grant = grant_of("王小明", &groups, &all);
        let expected = expected.map(|(role, units)| Grant {
            name: "王小明".to_owned(),
            role,
            units: units.iter().map(|&unit| unit.to_owned()).collect(),
        });
        assert_eq!(grant, expected, "{groups:?}");
    }

    #[test]
    fn the_highest_role_counts_in_all_units_that_give_it() {
        check(&[], None);
        check(&["A", "strangers"], None);
        check(&["everybody"], Some((Role::Viewer, &[])));
        check(&["everybody", "a"], Some((Role::Officer, &["a"])));
        check(&["a", "ab"], Some((Role::Officer, &["a", "b"])));
        check(&["ab", "heads", "everybody"], Some((Role::Supervisor, &["c"])));
    }
}
