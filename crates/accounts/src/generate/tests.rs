use proptest::prelude::*;

use super::*;
use crate::clock::SeededRandom;

const RULES: PasswordRules = PasswordRules::between(15, 256);

#[test]
fn words_look_like_words() {
    let password = password(Recipe::Words(5), RULES, &Context::default(), &SeededRandom::new(7));
    let parts: Vec<&str> = password.expose().split('-').collect();
    assert_eq!(parts.len(), 6);
    assert!(parts[..5].iter().all(|word| word.chars().all(|c| c.is_ascii_alphabetic())));
    assert!(parts[5].parse::<u8>().is_ok());
}

#[test]
fn a_site_that_allows_little_gets_what_it_allows() {
    let rules = PasswordRules::between(8, 16);
    let password = password(Recipe::Words(6), rules, &Context::default(), &SeededRandom::new(7));
    assert!(password.expose().len() <= 16);
}

fn made(recipe: Recipe, rules: &str) -> String {
    let rules = PasswordRules::parse(rules).unwrap();
    password(recipe, rules, &Context::default(), &SeededRandom::new(7)).expose().to_owned()
}

fn bits(recipe: Recipe, rules: &str) -> f64 {
    entropy(recipe, &PasswordRules::parse(rules).unwrap()).bits()
}

#[test]
fn the_sites_length_is_taken_up_to_twenty_unless_more_is_asked_for() {
    assert_eq!(made(Recipe::BY_THE_SITE, "maxlength: 12;").len(), 12);
    assert_eq!(made(Recipe::BY_THE_SITE, "maxlength: 64;").len(), 20);
    assert_eq!(made(Recipe::BY_THE_SITE, "minlength: 32;").len(), 32);
    assert_eq!(made(Recipe::Site(40), "maxlength: 64;").len(), 40);
}

#[test]
fn look_alikes_are_left_out_only_where_enough_is_left() {
    let long = made(Recipe::Site(64), "minlength: 64; allowed: lower, upper, digit;");
    assert!(!long.contains(['0', 'O', 'o', '1', 'I', 'l']), "{long}");
    let pins: String = (0..50)
        .map(|seed| {
            let rules = PasswordRules::parse("maxlength: 6; allowed: digit;").unwrap();
            password(Recipe::BY_THE_SITE, rules, &Context::default(), &SeededRandom::new(seed))
                .expose()
                .to_owned()
        })
        .collect();
    assert!(pins.contains('0') && pins.contains('1'));
}

#[test]
fn the_entropy_is_the_honest_count() {
    let near = |recipe, rules, expected: f64| {
        let bits = bits(recipe, rules);
        assert!((bits - expected).abs() < 1e-9, "{rules}: {bits}, not {expected}");
    };
    near(Recipe::BY_THE_SITE, "maxlength: 6; allowed: digit;", 6.0 * 10_f64.log2());
    near(Recipe::BY_THE_SITE, "maxlength: 20; allowed: lower, upper, digit;", 20.0 * 56_f64.log2());
    // No two digits alike in a row: ten, and then nine each.
    near(
        Recipe::BY_THE_SITE,
        "maxlength: 6; allowed: digit; max-consecutive: 1;",
        10_f64.log2() + 5.0 * 9_f64.log2(),
    );
    // Eight letters with at least one capital: all but those without.
    let all = 52_f64.powi(8) - 26_f64.powi(8);
    near(Recipe::BY_THE_SITE, "maxlength: 8; allowed: lower; required: upper;", all.log2());
}

#[test]
fn words_that_do_not_fit_become_characters() {
    let text = made(Recipe::Words(5), "maxlength: 20; allowed: lower, upper, digit;");
    assert_eq!(text.len(), 20, "{text}");
    assert_eq!(made(Recipe::Words(5), "maxlength: 6; allowed: digit;").len(), 6);
}

#[test]
fn characters_have_one_of_each_kind_that_is_allowed() {
    for seed in 0..200 {
        let rules = PasswordRules::parse("allowed: lower, digit, [-];").unwrap();
        let text = password(Recipe::Characters(15), rules, &Context::default(), &SeededRandom::new(seed));
        let has = |set: &str| text.expose().contains(|c| set.contains(c));
        assert!(has("23456789") && has("-") && has("abcdefghijkmnpqrstuvwxyz"));
    }
}

#[test]
fn rules_that_nobody_can_meet_still_give_a_password() {
    let rules = PasswordRules {
        allowed: Some(Charset::of("a")),
        max_consecutive: Some(1),
        ..PasswordRules::between(8, 20)
    };
    let made = password(Recipe::BY_THE_SITE, rules, &Context::default(), &SeededRandom::new(1));
    assert_eq!(made.expose().len(), 20);
    assert!(!is_possible(&rules));
    assert_eq!(best(&rules), Entropy::of_bits(0.0));
}

#[test]
fn three_letters_that_may_not_stand_twice_in_a_row_do() {
    let text = made(Recipe::BY_THE_SITE, "allowed: [xyz]; max-consecutive: 1; maxlength: 12;");
    assert_eq!(text.len(), 12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_password_meets_the_rules(seed: u64, words: bool, length: u8) {
        let recipe = if words { Recipe::Words(length) } else { Recipe::Characters(length) };
        let context = Context { identifier: "jana.koenig@gmail.com", server: "Ability" };
        let password = password(recipe, RULES, &context, &SeededRandom::new(seed));
        prop_assert_eq!(measure(&password, RULES, &context).weak(), vec![]);
    }

    #[test]
    fn no_look_alikes(seed: u64) {
        let password = password(Recipe::Characters(24), RULES, &Context::default(), &SeededRandom::new(seed));
        prop_assert!(!password.expose().contains(['0', 'O', 'o', '1', 'I', 'l']));
    }
}

#[test]
fn five_words_are_worth_enough_without_the_servers_help() {
    assert_eq!(entropy(Recipe::Words(5), &RULES).worth(), crate::entropy::Worth::Good);
}
