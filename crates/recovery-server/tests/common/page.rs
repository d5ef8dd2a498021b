//! What stands on the phone's pages. The tests of the other side read them, too.

/// The hidden fields of the form with this action.
pub fn form(html: &str, action: &str) -> Vec<(String, String)> {
    let start = format!("action=\"{action}\">");
    let rest = html.split_once(&start).unwrap_or_else(|| panic!("no {action} in {html}")).1;
    let form = rest.split_once("</form>").unwrap().0;
    form.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split_once("\">").unwrap().0.to_owned())
        })
        .collect()
}

pub fn has_form(html: &str, action: &str) -> bool {
    html.contains(&format!("action=\"{action}\">"))
}

/// The six digits that it shows.
pub fn digits(html: &str) -> String {
    let start = "<p class=\"digits\" dir=\"ltr\">";
    let rest = html.split_once(start).unwrap_or_else(|| panic!("{html}")).1;
    rest.split_once("</p>").unwrap().0.replace(' ', "")
}
