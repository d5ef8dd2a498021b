use super::Store;
use crate::storage::{Direction, Figures, PairingState, Result, Watched};
use async_trait::async_trait;
use sqlx::Row as _;

#[async_trait]
impl Watched for Store {
    async fn version(&self) -> Result<i64> {
        let newest = "SELECT max(version) FROM _sqlx_migrations WHERE success";
        Ok(sqlx::query_scalar(newest).fetch_one(&self.pool).await?)
    }

    fn newest(&self) -> i64 {
        super::newest()
    }

    async fn figures(&self, now: i64) -> Result<Figures> {
        let mail_waiting = sqlx::query_scalar("SELECT count(*) FROM mail").fetch_one(&self.pool).await?;
        let oldest_mail = sqlx::query_scalar("SELECT letter FROM mail ORDER BY id LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        let rows = sqlx::query(
            "SELECT direction, state, count(*) AS many FROM pairings WHERE until > $1 GROUP BY direction, state",
        )
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        let mut pairings = Vec::new();
        for row in rows {
            let (direction, state): (&str, &str) = (row.try_get("direction")?, row.try_get("state")?);
            let direction = match direction {
                "computer" => Direction::Computer,
                _ => Direction::Phone,
            };
            if let Some(state) = PairingState::ALL.into_iter().find(|known| known.name() == state) {
                pairings.push((direction, state, row.try_get("many")?));
            }
        }
        Ok(Figures { mail_waiting, oldest_mail, pairings })
    }
}
