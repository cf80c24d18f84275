//! The jobs of docs/ci.md, checked against the published schemas of GitHub Actions and GitLab CI (SchemaStore's, as check-jsonschema carries them).

use super::{drive, folder};
use std::path::Path;

/// Fails unless the schema accepts the job, and refuses it with a word changed.
const CHECK: &str = r#"
import os, subprocess, sys
schema, word, wrong = sys.argv[1:4]
def refused(path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path]
    return subprocess.run(command, capture_output=True, text=True)
right = refused("job.yaml")
assert right.returncode == 0, right.stdout + right.stderr
text = open("job.yaml").read()
assert word in text
open("wrong.yaml", "w").write(text.replace(word, wrong))
assert refused("wrong.yaml").returncode == 1, "the schema refuses nothing"
print("content")
"#;

#[test]
fn jobs_are_valid_by_the_published_schemas() {
    let guide =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci.md")).expect("the guide is there");
    let jobs: Vec<&str> = guide.split("```yaml\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    let (github, gitlab) =
        (["vendor.github-workflows", "runs-on:", "run-on:"], ["vendor.gitlab-ci", "exit_codes:", "exit_code:"]);
    // One job each, and one each on several runners.
    let schemas = [github, gitlab, github, gitlab];
    assert_eq!(jobs.len(), schemas.len());
    for (job, schema) in jobs.iter().zip(schemas) {
        let folder = folder();
        std::fs::write(folder.path().join("job.yaml"), job).expect("written");
        assert_eq!(drive(CHECK, folder.path(), &schema), "content\n");
    }
}
