//! The log, and what never gets into it.

use crate::config::{ConfigError, Log};
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// What writes the log as the settings ask: text, or one JSON object a line.
///
/// What libraries say below `info` is left out whatever the settings ask, as it quotes what people send.
///
/// # Errors
/// `level` is neither a level nor a filter.
pub fn subscriber<W>(settings: &Log, writer: W) -> Result<impl Subscriber + Send + Sync + use<W>, ConfigError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = settings.level.as_str();
    let filter = EnvFilter::try_new(level)
        .map_err(|error| ConfigError::Value(format!("log.level {level:?}: {error}")))?;
    let ours = filter_fn(|said| {
        let target = said.target();
        let ours = target == "recovery_server" || target.starts_with("recovery_server::");
        ours || *said.level() <= Level::INFO
    });
    Ok(Registry::default().with(filter).with(ours).with(pen(settings.json, writer)))
}

fn pen<S, W>(json: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let pen = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    if json { pen.json().with_current_span(true).with_span_list(false).boxed() } else { pen.boxed() }
}
