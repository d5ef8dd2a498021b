use crate::error::Result;
use crate::http::Http;
use url::Url;
pub async fn homeserver_of(_: &Http, _: &str) -> Result<Option<Url>> {
    Ok(None)
}
