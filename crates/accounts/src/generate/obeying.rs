//! Every password obeys the rules it was made for: rules as sites write them, and rules drawn at random. The checker
//! here reads the text of the rules by itself, and knows nothing of what made the password.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::clock::SeededRandom;

/// Rules in the many shapes that sites give them.
const SHAPES: [&str; 112] = [
    "minlength: 6; maxlength: 20; required: lower, upper; required: digit;",
    "minlength: 6; maxlength: 20; allowed: lower, upper, digit;",
    "minlength: 8;",
    "minlength: 10;",
    "minlength: 12;",
    "minlength: 15;",
    "maxlength: 8;",
    "maxlength: 10;",
    "maxlength: 12; max-consecutive: 2;",
    "maxlength: 16;",
    "maxlength: 72;",
    "maxlength: 128;",
    "minlength: 4; maxlength: 4; allowed: digit;",
    "minlength: 5; maxlength: 5; required: digit; allowed: digit;",
    "minlength: 6; maxlength: 6; allowed: digit;",
    "minlength: 6; maxlength: 6; required: digit; max-consecutive: 2;",
    "minlength: 8; maxlength: 8; allowed: digit; max-consecutive: 1;",
    "minlength: 6; maxlength: 8; required: lower; required: digit;",
    "minlength: 6; maxlength: 10; required: upper, lower; required: digit; allowed: [@];",
    "minlength: 6; maxlength: 12; required: lower, upper, digit;",
    "minlength: 6; maxlength: 15; required: lower; required: upper; required: digit; allowed: [!];",
    "minlength: 6; maxlength: 16; required: lower; required: upper; required: digit; required: [-_@];",
    "minlength: 7; maxlength: 14; required: lower, upper; required: digit; required: [!#$%&];",
    "minlength: 7; required: digit; required: lower, upper;",
    "minlength: 8; maxlength: 10; required: lower, upper; required: digit;",
    "minlength: 8; maxlength: 12; required: lower; required: upper; required: digit; allowed: [-_.];",
    "minlength: 8; maxlength: 15; required: lower; required: upper; required: digit; required: [@#$%];",
    "minlength: 8; maxlength: 16; required: lower; required: upper; required: digit; required: special;",
    "minlength: 8; maxlength: 20; required: lower; required: upper; required: digit; max-consecutive: 2;",
    "minlength: 8; maxlength: 20; required: lower; required: upper; required: digit; max-consecutive: 3; required: [!@#$];",
    "minlength: 8; maxlength: 24; required: lower; required: upper; required: digit; required: [-!@#$%^&*_+=`|(){}:;\"'<>,.?];",
    "minlength: 8; maxlength: 25; required: lower; required: upper; required: digit; required: [!@$%^&*];",
    "minlength: 8; maxlength: 30; required: lower, upper; required: digit; required: special;",
    "minlength: 8; maxlength: 32; max-consecutive: 6; required: lower; required: upper; required: digit;",
    "minlength: 8; maxlength: 40; required: upper; required: lower; required: digit; allowed: [!#$%&'()*+,./:;<=>?@^_`{|}~];",
    "minlength: 8; maxlength: 50; allowed: lower, upper, digit, [!\"#$%&'()*+,./:;<=>?@^_{|}~];",
    "minlength: 8; maxlength: 64; required: lower; required: upper; required: digit; required: [ !@];",
    "minlength: 8; maxlength: 70; required: digit; required: upper, lower;",
    "minlength: 8; maxlength: 100; required: lower, upper; required: digit; allowed: special;",
    "minlength: 8; maxlength: 255; required: special;",
    "minlength: 8; required: lower; required: upper; required: digit;",
    "minlength: 8; required: lower; required: upper; required: digit; required: special;",
    "minlength: 8; required: lower, upper; required: digit; required: [#?!@$%^&*-];",
    "minlength: 8; required: digit; required: [!@#$%^&*()]; allowed: lower;",
    "minlength: 8; required: upper; required: digit; allowed: lower;",
    "minlength: 8; required: lower; required: digit; allowed: upper, [.];",
    "minlength: 8; required: lower; required: [*.,];",
    "minlength: 8; max-consecutive: 1;",
    "minlength: 8; max-consecutive: 2;",
    "minlength: 8; max-consecutive: 3; allowed: digit, lower;",
    "minlength: 9; maxlength: 24; required: lower; required: upper; required: digit; required: [!@#&*];",
    "minlength: 9; required: digit; allowed: upper, lower;",
    "minlength: 10; maxlength: 20; required: lower; required: upper; required: digit; required: special; max-consecutive: 2;",
    "minlength: 10; maxlength: 30; required: [-!$%^&*()_+|~=`{}:\";'<>?,./@]; required: lower, upper, digit;",
    "minlength: 10; maxlength: 63; required: lower; required: upper; required: digit;",
    "minlength: 10; required: lower; required: upper; required: digit; required: [&];",
    "minlength: 10; required: lower; required: upper; required: digit; allowed: [-_];",
    "minlength: 12; maxlength: 12; required: lower, upper; required: digit;",
    "minlength: 12; maxlength: 32; required: lower; required: upper; required: digit; required: special;",
    "minlength: 12; required: lower; required: upper; required: digit; required: [!#$&@];",
    "minlength: 13; maxlength: 20; allowed: lower, digit;",
    "minlength: 14; maxlength: 14; required: upper; required: digit;",
    "minlength: 15; maxlength: 25; required: lower; required: upper; required: digit; required: [~!@#$%^&*()_+];",
    "minlength: 16; maxlength: 16; allowed: ascii-printable;",
    "minlength: 16; required: lower; required: upper; required: digit; max-consecutive: 2;",
    "minlength: 20; maxlength: 20; allowed: lower;",
    "minlength: 24; maxlength: 48; required: lower; required: upper; required: digit;",
    "minlength: 32; maxlength: 32; allowed: upper, digit;",
    "minlength: 50; required: special;",
    "minlength: 64; maxlength: 64; allowed: [abcdef], digit;",
    "allowed: upper;",
    "allowed: lower; max-consecutive: 1;",
    "allowed: digit; maxlength: 20;",
    "allowed: ascii-printable;",
    "allowed: unicode;",
    "allowed: unicode; required: digit;",
    "allowed: special; minlength: 8;",
    "allowed: lower, upper, digit, special;",
    "allowed: lower; allowed: upper; allowed: digit;",
    "allowed: [abc]; maxlength: 8;",
    "allowed: [ab]; max-consecutive: 1; maxlength: 9;",
    "allowed: [-]; minlength: 8; maxlength: 8;",
    "allowed: []]; required: lower;",
    "allowed: [-]]; required: upper; required: digit;",
    "allowed: [[]; required: lower; required: digit;",
    "allowed: [ ]; required: lower;",
    "allowed: [-().&@?'#,/\"+]; required: lower; required: upper; required: digit; minlength: 6; maxlength: 18;",
    "required: lower;",
    "required: upper; required: [!];",
    "required: digit; maxlength: 11;",
    "required: special; maxlength: 9;",
    "required: [-]; required: [_]; required: [.]; required: [,]; maxlength: 8;",
    "required: [ab]; required: [bc]; required: [cd]; maxlength: 8; max-consecutive: 1;",
    "required: lower, digit; required: upper, digit; maxlength: 10;",
    "required: ascii-printable;",
    "required: lower, upper, digit; required: digit; allowed: [#];",
    "required: [0123456789]; allowed: lower;",
    "required: [aeiou]; required: [0]; allowed: ascii-printable;",
    "required: [lI1]; allowed: lower, upper, digit; maxlength: 16;",
    "required: [|~^]; allowed: ascii-printable; minlength: 18;",
    "required: [ ]; required: lower; maxlength: 12;",
    "minlength: 20; maxlength: 10; required: lower;",
    "minlength: 3; maxlength: 5; required: lower; required: digit;",
    "maxlength: 6; required: lower; required: upper; required: digit; required: [$]; max-consecutive: 1;",
    "MINLENGTH: 9; MaxLength: 11; Required: Lower; REQUIRED: DIGIT",
    "minlength:8;maxlength:12;required:lower;required:[!$];",
    "  minlength : 8 ;  required : lower , upper ;  ",
    "minlength: 8; minlength: 12; maxlength: 30; maxlength: 14; max-consecutive: 3; max-consecutive: 2;",
    "minlength: 8; maxlength: 12; allowed: [é!], lower;",
    "minlength: ; maxlength: 12; required: lower;",
    "required: upper; required: lower; required: digit; required: [!]; required: [?]; maxlength: 7;",
    "max-consecutive: 0; allowed: digit; maxlength: 7;",
];

const TIMES: usize = 1_000;

/// What a text of rules says, read once more.
#[derive(Default)]
struct Read {
    min: usize,
    max: Option<usize>,
    run: Option<usize>,
    required: Vec<String>,
    allowed: String,
    any_script: bool,
}

impl Read {
    fn of(text: &str) -> Self {
        let mut read = Self::default();
        for (name, value) in properties(text) {
            let number = || value.trim().parse::<usize>().ok().filter(|number| *number > 0);
            match name.trim().to_lowercase().as_str() {
                "minlength" => read.min = read.min.max(number().unwrap_or(0)),
                "maxlength" => read.max = smaller(read.max, number()),
                "max-consecutive" => read.run = smaller(read.run, number()),
                name @ ("required" | "allowed") => {
                    let (characters, any_script) = characters(&value);
                    read.any_script |= any_script;
                    read.allowed.push_str(&characters);
                    if name == "required" && !characters.is_empty() {
                        read.required.push(characters);
                    }
                }
                other => panic!("{other}"),
            }
        }
        if read.max.is_some_and(|max| read.min > max) {
            read.min = 0;
        }
        if read.allowed.is_empty() {
            read.allowed = (' '..='~').collect();
        }
        read
    }

    fn objection(&self, password: &str) -> Option<&'static str> {
        let all: Vec<char> = password.chars().collect();
        if all.len() < self.min || self.max.is_some_and(|max| all.len() > max) || all.is_empty() {
            return Some("length");
        }
        if !self.any_script && all.iter().any(|c| !self.allowed.contains(*c)) {
            return Some("a character that is not allowed");
        }
        if self.required.iter().any(|set| !all.iter().any(|c| set.contains(*c))) {
            return Some("a required set");
        }
        let too_many = |run: usize| all.windows(run + 1).any(|part| part.iter().all(|c| *c == part[0]));
        self.run.filter(|run| too_many(*run)).map(|_| "in a row")
    }
}

fn smaller(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    [one, other].into_iter().flatten().min()
}

/// Cut at the semicolons that stand in no brackets.
fn properties(text: &str) -> Vec<(String, String)> {
    cut(text, ';').iter().filter_map(|part| part.split_once(':')).map(|(a, b)| (a.into(), b.into())).collect()
}

fn cut(text: &str, at: char) -> Vec<String> {
    let (mut parts, mut inside) = (vec![String::new()], false);
    let all: Vec<char> = text.chars().collect();
    for (n, c) in all.iter().enumerate() {
        let last = parts.len() - 1;
        match c {
            '[' if !inside => inside = true,
            // A bracket that is followed by another one is a character of the set.
            ']' if all.get(n + 1) != Some(&']') => inside = false,
            c if *c == at && !inside => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts[last].push(*c);
    }
    parts
}

fn characters(value: &str) -> (String, bool) {
    let (mut all, mut any_script) = (String::new(), false);
    for class in cut(value, ',').iter().map(|class| class.trim()) {
        match class.to_lowercase().as_str() {
            "lower" => all.extend('a'..='z'),
            "upper" => all.extend('A'..='Z'),
            "digit" => all.extend('0'..='9'),
            "special" => all.extend((' '..='~').filter(|c| !c.is_ascii_alphanumeric())),
            "ascii-printable" => all.extend(' '..='~'),
            "unicode" => any_script = true,
            _ => {
                let set = class.strip_prefix('[').and_then(|set| set.strip_suffix(']')).expect("a class");
                all.extend(set.chars().filter(|c| (' '..='~').contains(c)));
            }
        }
    }
    (all, any_script)
}

/// Everything that a recipe may give is drawn from one place: it is laid out once, and drawn from often.
fn obeys(text: &str, recipe: Recipe, times: usize, random: &SeededRandom) {
    let rules = PasswordRules::parse(text).unwrap_or_else(|_| panic!("{text}"));
    let read = Read::of(text);
    let made = Made::of(recipe, &rules);
    for _ in 0..times {
        let password = made.draw(random);
        let objection = read.objection(password.expose());
        assert_eq!(objection, None, "{text}: {}", password.expose());
        assert!(rules.kinds(password.expose()).all(|(_, met)| met), "{text}: {}", password.expose());
    }
}

fn shapes(recipe: Recipe, times: usize) {
    let random = SeededRandom::new(11);
    for text in SHAPES {
        obeys(text, recipe, times, &random);
    }
}

#[test]
fn by_the_site_a_thousand_of_each_shape() {
    shapes(Recipe::BY_THE_SITE, TIMES);
}

#[test]
fn in_words_a_quarter_of_it() {
    shapes(Recipe::Words(5), TIMES / 4);
}

#[test]
fn in_characters_a_quarter_of_it() {
    shapes(Recipe::Characters(24), TIMES / 4);
}

#[test]
fn after_being_measured_they_still_obey() {
    let random = SeededRandom::new(12);
    let context = Context { identifier: "jana.koenig@gmail.com", server: "Dorfladen" };
    for text in SHAPES {
        let (rules, read) = (PasswordRules::parse(text).unwrap(), Read::of(text));
        for recipe in [Recipe::BY_THE_SITE, Recipe::Words(4), Recipe::Characters(15)] {
            let password = password(recipe, rules, &context, &random);
            assert_eq!(read.objection(password.expose()), None, "{text}: {}", password.expose());
        }
    }
}

#[test]
fn the_checker_objects() {
    let read = Read::of(
        "minlength: 6; maxlength: 9; required: lower; required: [-]]; allowed: digit; max-consecutive: 2;",
    );
    for (password, objection) in [
        ("ab-123", None),
        ("ab]112", None),
        ("ab-12", Some("length")),
        ("ab-1234567", Some("length")),
        ("Ab-1234", Some("a character that is not allowed")),
        ("ab12345", Some("a required set")),
        ("12-3456", Some("a required set")),
        ("ab-1112", Some("in a row")),
    ] {
        assert_eq!(read.objection(password), objection, "{password}");
    }
}

fn class() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("lower".to_owned()),
        Just("upper".to_owned()),
        Just("digit".to_owned()),
        Just("special".to_owned()),
        Just("ascii-printable".to_owned()),
        "\\[-?[ -,./:-Z^-~]{1,12}\\]".prop_map(|set| set),
    ]
}

fn property() -> impl Strategy<Value = String> {
    let classes = || prop::collection::vec(class(), 1..3).prop_map(|classes| classes.join(", "));
    prop_oneof![
        (4_u32..40).prop_map(|n| format!("minlength: {n}")),
        (4_u32..70).prop_map(|n| format!("maxlength: {n}")),
        (1_u32..5).prop_map(|n| format!("max-consecutive: {n}")),
        classes().prop_map(|classes| format!("required: {classes}")),
        classes().prop_map(|classes| format!("required: {classes}")),
        classes().prop_map(|classes| format!("allowed: {classes}")),
    ]
}

#[test]
fn rules_drawn_at_random_are_obeyed_a_thousand_times_each() {
    let random = SeededRandom::new(13);
    let mut runner = TestRunner::new(Config { cases: 64, ..Config::default() });
    let texts = prop::collection::vec(property(), 1..6).prop_map(|all| format!("{};", all.join("; ")));
    let readable = texts.prop_filter("rules that nobody can meet", |text| PasswordRules::parse(text).is_ok());
    let run = runner.run(&readable, |text| {
        obeys(&text, Recipe::BY_THE_SITE, TIMES, &random);
        obeys(&text, Recipe::Words(4), TIMES / 10, &random);
        obeys(&text, Recipe::Characters(15), TIMES / 10, &random);
        Ok(())
    });
    run.unwrap();
}
