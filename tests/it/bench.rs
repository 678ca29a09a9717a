//! `bench` measures, says what it has measured, and leaves nothing behind.

use crate::serve::process::Process;

#[tokio::test]
async fn a_small_measurement_has_all_its_figures_and_leaves_nothing_but_the_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let (work, picture) = (folder.path().join("work"), folder.path().join("times.svg"));
    let (work, picture) = (work.to_str().expect("UTF-8"), picture.to_str().expect("UTF-8"));
    let what = ["bench", "--rounds", "1", "--seconds", "1", "--calls", "5", "--history", "200"];
    let arguments = [&what[..], &["--json", "--folder", work, "--plot", picture]].concat();
    let (code, stdout, stderr) = Process::start(&arguments, &[]).end().await;
    assert_eq!(code, Some(0), "{stderr}");
    let report: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let calls = &report["calls"][0];
    assert!(calls["made"].as_u64() >= Some(5) && calls["calls"].as_u64() > Some(0), "{report:#}");
    assert_eq!((&calls["stranded"], &calls["wrong"]), (&0.into(), &0.into()), "{report:#}");
    assert_eq!(calls["together"]["count"], calls["made"], "each caller has talked to somebody: {report:#}");
    assert!(calls["webhooks_a_commit"].as_f64() >= Some(1.0), "{report:#}");
    let webhooks = &report["webhooks"][0];
    assert_eq!((&webhooks["webhooks"], &webhooks["refused"]), (&6000.into(), &0.into()), "{report:#}");
    for figure in ["sqlite", "http"] {
        assert!(report[figure][0].as_f64() > Some(100.0), "{report:#}");
    }
    for figure in ["alone", "disk"] {
        assert!(report[figure][0]["median"].as_f64() > Some(0.0), "{report:#}");
    }
    assert!(report["start"][0].as_f64() > Some(0.0), "{report:#}");
    let pages = &report["pages"][0];
    assert!(
        pages["list"]["count"].as_u64() >= Some(100) && pages["list"]["count"] == pages["call"]["count"],
        "{report:#}"
    );
    assert!(stderr.starts_with("the past: 0 of 200 calls\nround 1 of 1: whole calls\n"), "{stderr}");
    assert!(std::fs::read_to_string(picture).expect("a picture").starts_with("<svg"));
    assert_eq!(std::fs::read_dir(work).expect("the folder").count(), 0);
}

#[tokio::test]
async fn what_can_not_be_measured_is_refused() {
    for arguments in [["bench", "--calls", "0"], ["bench", "--organisers", "51"], ["bench", "--rounds", "none"]] {
        let (code, _, stderr) = Process::start(&arguments, &[]).end().await;
        assert_eq!(code, Some(2), "{stderr}");
    }
    let (code, _, stderr) = Process::start(&["bench", "--folder", "/dev/null/none"], &[]).end().await;
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("/dev/null/none") && stderr.contains("can't be made"), "{stderr}");
}
