//! Guesses and requests that are counted.

use super::problem::Problem;
use crate::App;
use crate::limits::Limit;

/// Counts one under each of `rules`, or says when there is room again.
pub(super) async fn take(app: &App, rules: &[Limit]) -> Result<(), Problem> {
    match app.storage().take(rules, app.clock().now()).await? {
        None => Ok(()),
        Some(retry_after) => Err(Problem::RateLimited { retry_after }),
    }
}

/// What was seen of a guess. If the server was too busy to look, nothing was guessed: what it was counted under is given back.
pub(super) async fn looked_at<T>(
    app: &App,
    counted: &[Limit],
    seen: Result<T, Problem>,
) -> Result<T, Problem> {
    if matches!(seen, Err(Problem::Busy)) {
        app.storage().give_back(counted).await?;
    }
    seen
}
