//! argv in, exit code out.

fn main() -> std::process::ExitCode {
    firedrill::cli::main(std::env::args_os()).into()
}
