//! Rows of truth: published images on real drivers, and rows for each rule that those do not reach.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::Accelerator;

struct Row {
    name: String,
    config: ImageConfig,
    reference: String,
    host: Host,
    expected: String,
    rule: String,
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn lines(file: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(data().join(file)).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// `images/truth.tsv`: configurations of published images, drivers, and what happened there.
fn published() -> Vec<Row> {
    let row = |cells: Vec<String>| {
        let [image, driver, cuda, brand, _, expected, rule, ..] = &cells[..] else { panic!("{cells:?}") };
        let bytes = fs::read(data().join(format!("images/{image}.json"))).unwrap();
        let config = ImageConfig::parse(&bytes).unwrap();
        let host = Host {
            architecture: config.architecture.clone(),
            accelerator: Accelerator::Cuda,
            driver: Some(driver.clone()),
            cuda: Some(cuda.parse().unwrap()),
            gpus: vec![Gpu { brand: brand.clone(), architecture: None }],
            is_jetson: false,
        };
        Row {
            name: format!("{image} {driver} {brand}"),
            config,
            reference: format!("registry.example/{image}"),
            host,
            expected: expected.clone(),
            rule: rule.clone(),
        }
    };
    lines("images/truth.tsv").into_iter().map(row).collect()
}

/// `own.tsv`: one row for each thing that no published row shows.
fn own() -> Vec<Row> {
    let row = |cells: Vec<String>| {
        let [name, architecture, env, reference, host, accelerator, driver, cuda, brand, gpu, jetson, expected, rule] =
            &cells[..]
        else {
            panic!("{cells:?}")
        };
        let pair = |text: &str| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let version = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        let capability = gpu.split_once('.').map(|(major, minor)| (major.parse().unwrap(), minor.parse().unwrap()));
        Row {
            name: name.clone(),
            config: ImageConfig {
                architecture: architecture.clone(),
                os: "linux".into(),
                env: env.split('|').filter_map(pair).collect(),
                ..ImageConfig::default()
            },
            reference: reference.clone(),
            host: Host {
                architecture: host.clone(),
                accelerator: match accelerator.as_str() {
                    "cuda" => Accelerator::Cuda,
                    "rocm" => Accelerator::Rocm,
                    _ => Accelerator::Other,
                },
                driver: (!driver.is_empty()).then(|| driver.clone()),
                cuda: version(cuda),
                gpus: vec![Gpu { brand: brand.clone(), architecture: capability }],
                is_jetson: jetson == "yes",
            },
            expected: expected.clone(),
            rule: rule.clone(),
        }
    };
    lines("own.tsv").into_iter().map(row).collect()
}

/// The rows that these rules get wrong.
fn wrong(rules: &[(Rule, Ask)], rows: &[Row]) -> Vec<String> {
    let judged = rows.iter().filter_map(|row| {
        let verdict = with_rules(rules, &row.config, &row.reference, &row.host);
        let outcome = serde_json::to_value(verdict.outcome).unwrap();
        let rule = verdict.rule.map_or("-".to_owned(), |rule| format!("{rule:?}"));
        let is_right = outcome == row.expected.as_str() && rule == row.rule;
        (!is_right)
            .then(|| format!("{}: {outcome} {rule}, not {} {}: {}", row.name, row.expected, row.rule, verdict.why))
    });
    judged.collect()
}

/// EP-43: every published row, with its rule.
#[test]
fn published_images_are_judged_as_they_behaved() {
    let rows = published();
    assert!(rows.len() >= 170, "{}", rows.len());
    assert_eq!(wrong(&RULES, &rows), [""; 0]);
}

#[test]
fn what_published_images_do_not_show() {
    assert_eq!(wrong(&RULES, &own()), [""; 0]);
}

/// A rule that is taken out, or asked in another place, makes a row wrong.
#[test]
fn every_rule_is_needed() {
    let rows: Vec<Row> = published().into_iter().chain(own()).collect();
    for (without, _) in RULES {
        let rules: Vec<_> = RULES.into_iter().filter(|(rule, _)| *rule != without).collect();
        let name = format!("{without:?}");
        let wrong = wrong(&rules, &rows);
        let of_rule = rows.iter().filter(|row| row.rule == name).count();
        assert!(of_rule > 0 && wrong.len() >= of_rule, "without {name}: {wrong:#?}");
    }
    for (first, second) in [(Rule::R10, Rule::R9), (Rule::R8, Rule::R1), (Rule::R7, Rule::R1)] {
        let mut rules = RULES;
        let at = |rule| RULES.iter().position(|(known, _)| *known == rule).unwrap();
        rules.swap(at(first), at(second));
        assert_ne!(wrong(&rules, &rows), [""; 0], "{second:?} before {first:?}");
    }
}

/// A driver that does not report its CUDA version is judged by the table.
#[test]
fn the_table_of_drivers_agrees_with_what_drivers_report() {
    let mut rows = published();
    for row in &mut rows {
        row.host.cuda = None;
    }
    assert_eq!(wrong(&RULES, &rows), [""; 0]);
}

fn cuda_image(env: &[(&str, &str)]) -> ImageConfig {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ImageConfig { architecture: "amd64".into(), os: "linux".into(), env, ..ImageConfig::default() }
}

fn host(driver: &str, brands: &[&str]) -> Host {
    let gpu = |brand: &&str| Gpu { brand: (*brand).to_owned(), architecture: Some((8, 9)) };
    Host {
        architecture: "amd64".into(),
        driver: Some(driver.to_owned()),
        gpus: brands.iter().map(gpu).collect(),
        ..Host::default()
    }
}

const LISTED: [(&str, &str); 2] = [
    ("NVIDIA_REQUIRE_CUDA", "cuda>=12.4 brand=tesla,driver>=535,driver<536 brand=geforce,driver>=535,driver<536"),
    ("CUDA_VERSION", "12.4.1"),
];

#[test]
fn the_strictest_gpu_of_a_pool_decides() {
    let outcome = |brands: &[&str]| judge(&cuda_image(&LISTED), "r/x:1", &host("535.104.05", brands));
    assert_eq!(outcome(&["tesla", "tesla"]).outcome, Outcome::RunCompat);
    assert_eq!(outcome(&["tesla", "quadro"]).outcome, Outcome::Refuse);
    let mixed = outcome(&["tesla", "geforce"]);
    assert_eq!(mixed.outcome, Outcome::Refuse);
    assert!(mixed.why.contains("differ"), "{}", mixed.why);
    assert_eq!(judge(&cuda_image(&LISTED), "r/x:1", &host("535.104.05", &[])).outcome, Outcome::Refuse);
}

#[test]
fn compat_libraries_are_switched_on_where_the_image_switches_them_off() {
    let off = [LISTED[0], LISTED[1], ("VLLM_ENABLE_CUDA_COMPATIBILITY", "0"), ("_CUDA_COMPAT_PATH", "/opt/compat")];
    let verdict = judge(&cuda_image(&off), "r/x:1", &host("535.104.05", &["tesla"]));
    assert_eq!(verdict.set, [("VLLM_ENABLE_CUDA_COMPATIBILITY".to_owned(), "1".to_owned())]);
    assert_eq!(verdict.compat_path.as_deref(), Some("/opt/compat"));
    let masked = judge(&cuda_image(&off), "r/x:1", &host("580.82.07", &["tesla"]));
    assert_eq!((masked.outcome, masked.set.len()), (Outcome::MaskCompat, 0));
}

/// EP-80: a refusal names what to look for and how to override it; an override stays visible.
#[test]
fn a_refusal_names_its_remedies() {
    use miette::Diagnostic;

    let verdict = judge(&cuda_image(&LISTED), "r/x:1", &host("545.23.08", &["geforce"]));
    let error = verdict.refusal("r/x:1").unwrap();
    let (text, help) = (error.to_string(), error.help().unwrap().to_string());
    assert!(
        text.starts_with(
            "`r/x:1` needs CUDA 12.4 (NVIDIA_REQUIRE_CUDA), and the driver 545.23.08 provides CUDA 12.3: "
        ),
        "{text}"
    );
    assert_eq!(
        help,
        "take a tag that is built on CUDA 12.3 or older, or install driver 550 or newer; `override_requirement = true` in \
         `provisioning.container` starts it all the same"
    );
    assert_eq!(error.code().unwrap().to_string(), "image::driver_too_old");
    let by_hand = verdict.overridden();
    assert_eq!((by_hand.outcome, by_hand.rule, by_hand.is_overridden), (Outcome::MaskCompat, Some(Rule::R4), true));
    let code = |env: &[(&str, &str)], reference: &str, host: &Host| {
        let verdict = judge(&cuda_image(env), reference, host);
        (verdict.refusal("x").unwrap().code().unwrap().to_string(), verdict.overridden().outcome)
    };
    let host = host("580.82.07", &["tesla"]);
    let arm = Host { architecture: "arm64".into(), ..host.clone() };
    assert_eq!(code(&LISTED, "r/x:1", &arm), ("image::wrong_platform".into(), Outcome::Refuse));
    assert_eq!(code(&[], "r/x:1-rocm", &host), ("image::no_cuda".into(), Outcome::Refuse));
    let list = [LISTED[0], LISTED[1], ("TORCH_CUDA_ARCH_LIST", "7.5")];
    assert_eq!(code(&list, "r/x:1", &host), ("image::card_unsupported".into(), Outcome::Run));
}

#[test]
fn a_verdict_is_read_again() {
    for row in own() {
        let verdict = judge(&row.config, &row.reference, &row.host);
        let written = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&written).unwrap(), verdict);
    }
}

proptest::proptest! {
    /// Whatever an image says, there is a verdict.
    #[test]
    fn any_words_are_judged(require in ".{0,80}", version in ".{0,12}", list in ".{0,40}", name in ".{0,60}") {
        let env = [
            ("NVIDIA_REQUIRE_CUDA", require.as_str()),
            ("CUDA_VERSION", &version),
            ("CUDA_DRIVER_VERSION", &version),
            ("TORCH_CUDA_ARCH_LIST", &list),
        ];
        let verdict = judge(&cuda_image(&env), &name, &host("550.54.14", &["geforce"]));
        proptest::prop_assert!(!verdict.why.is_empty());
        ImageConfig::parse(require.as_bytes()).ok();
    }
}
