//! Calls to PostgreSQL: a read is a `SELECT` by key, a write an `INSERT … ON CONFLICT` that is committed before it is acknowledged, on a
//! table of firedrill's own. Prepared statements, one request at a time on a connection.

use super::pool::Pool;
use super::{Acked, Kind, Peer, Setup, Speaker, Tally, kind_of_io};
use crate::base::{ErrorKind, Outcome, answers};
use crate::engine::Traits;
use crate::plan::real::Protocol;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls, Statement};

/// Connections of one edge; a server takes 100 from all callers together, unless told otherwise.
const CONNECTIONS_MAX: usize = 32;
/// Rows that are there before the run.
const ROWS_MAX: u32 = 100_000;
/// All of them together: they take several times as much of a small volume, with the log of their making.
const ROWS_BYTES_MAX: u64 = 8 << 20;
/// Statements, with the table's name in them.
const READ: &str = "SELECT body FROM {table} WHERE key = $1";
const WRITE: &str =
    "INSERT INTO {table} (key, body) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET body = excluded.body";
const TABLE: &str = "CREATE TABLE IF NOT EXISTS {table} (key bigint PRIMARY KEY, body bytea NOT NULL)";
const ROWS: &str = "INSERT INTO {table} SELECT key, convert_to(repeat('.', $2::int), 'UTF8') \
    FROM generate_series(0, $1::bigint - 1) AS key ON CONFLICT DO NOTHING";
const DROP: &str = "DROP TABLE IF EXISTS {table}";
const IS_LEFT: &str = "SELECT to_regclass('{table}') IS NOT NULL";

pub const KIND: Kind = Kind {
    how: "tokio-postgres, prepared statements, one request at a time on each of at most 32 connections an edge",
    prepare: Some(|setup| Box::pin(prepare(setup))),
    clear: Some(|setup| Box::pin(clear(setup))),
    is_left: Some(|setup| Box::pin(is_left(setup))),
    read_back: Some(|setup, acked| Box::pin(read_back(setup, acked))),
    ..Kind::new(
        Protocol::Postgres,
        |peer| Ok(Speaker::Postgres(Postgres { peer, pool: Pool::new(CONNECTIONS_MAX) })),
        |setup| Box::pin(ready(setup)),
    )
};

pub struct Postgres {
    peer: Peer,
    pub pool: Pool<Session>,
}

/// A connection with its statements.
pub struct Session {
    line: Line,
    read: Statement,
    write: Statement,
}

struct Line {
    client: Client,
    task: JoinHandle<()>,
}

impl Postgres {
    pub async fn call(&self, traits: Traits) -> Outcome {
        let _room = self.pool.room().await;
        let session = match self.session().await {
            Ok(session) => session,
            Err(error) => return Outcome::Failed(kind_of(&error)),
        };
        let done = match traits.write {
            true => self.write(&session, traits.key).await,
            false => {
                session.line.client.query_opt(&session.read, &[&i64::from(traits.key)]).await.map(|row| row.is_some())
            }
        };
        let broken = session.line.client.is_closed();
        match broken {
            true => self.pool.clear(),
            false => self.pool.put_back(session),
        }
        match done {
            Ok(found) if found || self.peer.cache.is_none() => Outcome::Ok,
            Ok(_) => Outcome::Miss,
            Err(error) => Outcome::Failed(kind_of(&error)),
        }
    }

    async fn write(&self, session: &Session, key: u32) -> Result<bool, Error> {
        let write = self.peer.acked.begin(key);
        let value = write.value(self.peer.request_bytes);
        session.line.client.execute(&session.write, &[&i64::from(key), &value]).await?;
        write.acknowledged();
        Ok(true)
    }

    async fn session(&self) -> Result<Session, Error> {
        while let Some(session) = self.pool.take() {
            if !session.line.client.is_closed() {
                return Ok(session);
            }
        }
        let line = connect(&self.peer.setup).await?;
        let setup = &self.peer.setup;
        let (read, write) =
            (line.client.prepare(&on(setup, READ)).await?, line.client.prepare(&on(setup, WRITE)).await?);
        Ok(Session { line, read, write })
    }
}

impl Drop for Line {
    /// The socket closes at once, so that the server sees that its caller has gone.
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connect(setup: &Setup) -> Result<Line, Error> {
    let account = &setup.account;
    let mut config = Config::new();
    config.hostaddr(setup.address.ip()).port(setup.address.port()).application_name("firedrill");
    config.user(account.user.as_deref().unwrap_or("firedrill"));
    config.dbname(account.database.as_deref().unwrap_or("postgres"));
    if let Some(password) = setup.password() {
        config.password(password);
    }
    let (client, connection) = config.connect(NoTls).await?;
    let task = tokio::spawn(async move {
        // Its errors reach us through the requests.
        let _ = connection.await;
    });
    Ok(Line { client, task })
}

/// PostgreSQL's own code for what is wrong, or what the system says of the connection.
fn kind_of(error: &Error) -> ErrorKind {
    let Some(state) = error.code() else {
        let io = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
        return io.map_or(ErrorKind::Reset, kind_of_io);
    };
    answers::of_sqlstate(state.code())
}

/// An error of this library says little by itself.
fn words(error: Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

async fn ready(setup: Setup) -> Result<(), String> {
    let line = connect(&setup).await.map_err(words)?;
    line.client.simple_query("SELECT 1").await.map(drop).map_err(words)
}

fn on(setup: &Setup, statement: &str) -> String {
    statement.replace("{table}", &setup.mark("_"))
}

/// Makes the table, with a row for each key.
async fn prepare(setup: Setup) -> Result<(), String> {
    let line = connect(&setup).await.map_err(words)?;
    line.client.batch_execute(&on(&setup, TABLE)).await.map_err(words)?;
    let Some(keys) = setup.keys else { return Ok(()) };
    let bytes = i32::try_from(keys.value_bytes).unwrap_or(i32::MAX);
    let room = u32::try_from(ROWS_BYTES_MAX / keys.value_bytes.max(1)).unwrap_or(u32::MAX);
    let entries = i64::from(keys.entries.min(ROWS_MAX).min(room));
    line.client.execute(&on(&setup, ROWS), &[&entries, &bytes]).await.map(drop).map_err(words)
}

async fn clear(setup: Setup) -> Result<(), String> {
    let line = connect(&setup).await.map_err(words)?;
    line.client.batch_execute(&on(&setup, DROP)).await.map_err(words)
}

async fn is_left(setup: Setup) -> Result<bool, String> {
    let line = connect(&setup).await.map_err(words)?;
    line.client.query_one(&on(&setup, IS_LEFT), &[]).await.map(|row| row.get(0)).map_err(words)
}

async fn read_back(setup: Setup, acked: Arc<Acked>) -> Result<Tally, String> {
    let line = connect(&setup).await.map_err(words)?;
    let statement = line.client.prepare(&on(&setup, READ)).await.map_err(words)?;
    let mut found = BTreeMap::new();
    for key in acked.keys() {
        let row = line.client.query_opt(&statement, &[&i64::from(key)]).await.map_err(words)?;
        let number = row.and_then(|row| acked.number_in(row.get::<_, &[u8]>(0)));
        found.extend(number.map(|number| (key, number)));
    }
    Ok(acked.tally_values(&found))
}
