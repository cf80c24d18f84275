//! PostgreSQL through the proxy: errors at statements and at the start of sessions, seen by tokio-postgres.

use super::*;
use firedrill::plan::spoil::{Answer, Glob};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls};

const BIN: &str = "/usr/lib/postgresql/15/bin";

/// It refuses to run as root, so then it runs as somebody else.
fn as_server(program: &str) -> Command {
    let mut command = Command::new(format!("{BIN}/{program}"));
    if nix::unistd::geteuid().is_root() {
        let user = nix::unistd::User::from_name("postgres").ok().flatten().expect("its package makes the user");
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

fn server() -> Server {
    let folder = folder();
    if nix::unistd::geteuid().is_root() {
        let user = nix::unistd::User::from_name("postgres").ok().flatten().expect("its package makes the user");
        nix::unistd::chown(folder.path(), Some(user.uid), Some(user.gid)).expect("root may");
    }
    let data = folder.path().join("data");
    let mut make = as_server("initdb");
    make.args(["-A", "trust", "-U", "me", "--no-sync", "-E", "UTF8", "--locale=C", "-D"]).arg(&data);
    let made = make.output().expect("initdb is installed by tests/run");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Server::start(folder, |folder, port| {
        let mut command = as_server("postgres");
        command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).args(["-p", &port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
        command
    })
}

async fn connect(address: SocketAddr) -> Result<Client, Error> {
    let config = format!("host=127.0.0.1 port={} user=me dbname=postgres", address.port());
    let (client, connection) = tokio_postgres::connect(&config, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The port is open before the server takes sessions.
async fn ready(address: SocketAddr) -> Client {
    let begun = Instant::now();
    loop {
        match connect(address).await {
            Ok(client) => return client,
            Err(error) => assert!(begun.elapsed() < LONG, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn error(state: &str) -> Does {
    Does::Answer(Answer::Postgres { state: state.into(), message: "made by a fault".into() })
}

fn statement(text: &str) -> Wanted {
    Wanted::Postgres { statement: Some(Glob(text.into())) }
}

fn code(error: Error) -> Option<SqlState> {
    error.code().cloned()
}

#[tokio::test]
async fn a_full_disk_fails_statements_of_every_form() {
    let server = server();
    let plain = ready(server.address).await;
    plain.batch_execute("create table t (n int)").await.expect("created");
    let proxy = proxy(Speech::Postgres, server.address);
    let client = connect(proxy.address()).await.expect("connected");
    let prepared = client.prepare("insert into t values ($1)").await.expect("prepared");
    apply(&proxy, spoil(statement("INSERT INTO t *"), error("53100")));
    let simple = client.batch_execute("insert into t values (1)").await.expect_err("full");
    assert_eq!(simple.as_db_error().map(|error| error.message()), Some("made by a fault"));
    assert_eq!(code(simple), Some(SqlState::DISK_FULL));
    let extended = client.execute("insert into t values ($1)", &[&2i32]).await.expect_err("full");
    assert_eq!(code(extended), Some(SqlState::DISK_FULL));
    let bound = client.execute(&prepared, &[&3i32]).await.expect_err("full");
    assert_eq!(code(bound), Some(SqlState::DISK_FULL), "by the text it was prepared with");
    let rows = client.query("select count(*) from t", &[]).await.expect("reading works");
    assert_eq!(rows[0].get::<_, i64>(0), 0, "nothing was carried out");
    assert_eq!(counted(&proxy, "requests answered by the fault"), 3);
    proxy.heal(IT);
    client.execute(&prepared, &[&4i32]).await.expect("the statement is still there");
}

#[tokio::test]
async fn a_transaction_fails_on_both_sides() {
    let server = server();
    let plain = ready(server.address).await;
    plain.batch_execute("create table t (n int)").await.expect("created");
    let proxy = proxy(Speech::Postgres, server.address);
    let mut client = connect(proxy.address()).await.expect("connected");
    let transaction = client.transaction().await.expect("begun");
    transaction.execute("insert into t values (1)", &[]).await.expect("inserted");
    apply(&proxy, spoil(statement("insert*"), error("53100")));
    transaction.execute("insert into t values (2)", &[]).await.expect_err("full");
    let next = transaction.query("select 1", &[]).await.expect_err("the transaction is broken");
    assert_eq!(code(next), Some(SqlState::IN_FAILED_SQL_TRANSACTION), "the server knows it too");
    transaction.commit().await.expect("which rolls back");
    let rows = plain.query("select count(*) from t", &[]).await.expect("read");
    assert_eq!(rows[0].get::<_, i64>(0), 0);
}

#[tokio::test]
async fn new_sessions_are_refused_and_old_ones_live_on() {
    let server = server();
    drop(ready(server.address).await);
    let proxy = proxy(Speech::Postgres, server.address);
    let old = connect(proxy.address()).await.expect("connected");
    for (state, expected) in [("53300", SqlState::TOO_MANY_CONNECTIONS), ("57P03", SqlState::CANNOT_CONNECT_NOW)] {
        apply(&proxy, spoil(Wanted::PostgresStart, error(state)));
        let refused = connect(proxy.address()).await.expect_err("refused");
        assert_eq!(code(refused), Some(expected));
        old.query("select 1", &[]).await.expect("an old session is not touched");
    }
    assert_eq!(counted(&proxy, "requests answered by the fault"), 2);
    proxy.heal(IT);
    connect(proxy.address()).await.expect("connected");
}

#[tokio::test]
async fn statements_are_late_and_large_rows_stay_identical() {
    let server = server();
    drop(ready(server.address).await);
    let proxy = proxy(Speech::Postgres, server.address);
    let client = connect(proxy.address()).await.expect("connected");
    apply(&proxy, late(statement("select 1*"), Does::Hold));
    let begun = Instant::now();
    client.simple_query("select 1").await.expect("answered");
    assert!(begun.elapsed() >= LATE);
    let text: String =
        (0..300_000u32).map(|n| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 20) as u8 % 26)).collect();
    let rows = client.query("select $1::text", &[&text]).await.expect("answered");
    assert!(rows[0].get::<_, &str>(0) == text);
    assert_eq!(counted(&proxy, "requests delayed"), 1);
}
