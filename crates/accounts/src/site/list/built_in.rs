//! The sites that are built in: those with a guide, and the names under which people know some others. Nothing of this is
//! from any other list; a page or a rule stands here only where the guide's own source says so.

use super::reading::Group;

pub(super) struct Named {
    pub name: &'static str,
    /// What people also type, in any script.
    pub aliases: &'static [&'static str],
    /// The first is where it is found; all of them take the same account.
    pub hosts: &'static [&'static str],
    pub page: Option<&'static str>,
    pub rules: Option<&'static str>,
    pub guide: Option<&'static str>,
}

const fn site(name: &'static str, aliases: &'static [&'static str], hosts: &'static [&'static str]) -> Named {
    Named { name, aliases, hosts, page: None, rules: None, guide: None }
}

pub(super) const NAMED: &[Named] = &[
    // Its country shops (de., es., fr., pt., …) are parts of the first host. The Russian one is a company of its own, with
    // accounts of its own. Source: the how-to of 2023-02-02 (start address; 6–20 letters and digits).
    Named {
        page: Some("https://login.aliexpress.com/"),
        rules: Some("minlength: 6; maxlength: 20; required: lower; required: digit; allowed: upper;"),
        guide: Some("aliexpress"),
        ..site(
            "AliExpress",
            &["алиэкспресс", "али экспресс", "алик", "али", "速卖通", "ali express"],
            &["aliexpress.com", "aliexpress.us"],
        )
    },
    site("AliExpress Россия", &["алиэкспресс", "aliexpress russia"], &["aliexpress.ru"]),
    site("Airbnb", &["эйрбиэнби"], &["airbnb.com"]),
    site("Amazon", &["амазон"], &["amazon.com"]),
    site("Apple", &["icloud", "apple id", "эппл"], &["apple.com"]),
    site("Avito", &["авито"], &["avito.ru"]),
    site("Booking.com", &["букинг"], &["booking.com"]),
    site("Deutsche Bahn", &["db", "bahncard"], &["bahn.de"]),
    site("Discord", &["дискорд"], &["discord.com"]),
    site("Dropbox", &["дропбокс"], &["dropbox.com"]),
    site("eBay", &["ибей"], &["ebay.com"]),
    site("Facebook", &["фейсбук"], &["facebook.com"]),
    site("GitHub", &["гитхаб"], &["github.com"]),
    site("GMX", &[], &["gmx.net"]),
    site("Google", &["gmail", "youtube", "гугл", "гмейл", "ютуб"], &["google.com"]),
    site("Instagram", &["инстаграм"], &["instagram.com"]),
    site("LinkedIn", &["линкедин"], &["linkedin.com"]),
    site("Mail.ru", &["мейл ру", "майл ру"], &["mail.ru"]),
    site("Mercado Libre", &[], &["mercadolibre.com"]),
    site("Microsoft", &["outlook", "hotmail", "майкрософт"], &["microsoft.com"]),
    site("Netflix", &["нетфликс"], &["netflix.com"]),
    site("Otto", &[], &["otto.de"]),
    site("Ozon", &["озон"], &["ozon.ru"]),
    site("PayPal", &["пейпал"], &["paypal.com"]),
    site("Pinterest", &["пинтерест"], &["pinterest.com"]),
    site("Reddit", &["реддит"], &["reddit.com"]),
    site("SHEIN", &["шеин"], &["shein.com"]),
    site("Spotify", &["спотифай"], &["spotify.com"]),
    site("Steam", &["стим"], &["steampowered.com"]),
    site("Temu", &["тему"], &["temu.com"]),
    site("TikTok", &["тикток"], &["tiktok.com"]),
    site("Twitch", &["твич"], &["twitch.tv"]),
    site("Wallapop", &[], &["wallapop.com"]),
    site("WEB.DE", &[], &["web.de"]),
    site("Wikipedia", &["википедия"], &["wikipedia.org"]),
    site("Wildberries", &["вайлдберриз", "валберис"], &["wildberries.ru"]),
    site("X", &["twitter", "твиттер"], &["x.com"]),
    site("Yahoo", &["яху"], &["yahoo.com"]),
    site("Zalando", &["заландо"], &["zalando.de"]),
    site("ВКонтакте", &["vk", "вк", "vkontakte"], &["vk.com"]),
    site("Госуслуги", &["gosuslugi"], &["gosuslugi.ru"]),
    site("Сбер", &["сбербанк", "sber", "sberbank"], &["sberbank.ru"]),
    site("Яндекс", &["yandex"], &["yandex.ru"]),
];

/// Their hosts that take one account.
pub(super) fn shared() -> Vec<Group> {
    let several = NAMED.iter().filter(|site| site.hosts.len() > 1);
    let hosts = |site: &Named| site.hosts.iter().map(|host| (*host).to_owned()).collect();
    several.map(|site| Group { hosts: hosts(site), ..Group::default() }).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::site::Host;

    #[test]
    fn each_site_stands_there_once_by_a_host_that_can_be_asked() {
        let (mut names, mut hosts) = (HashSet::new(), HashSet::new());
        for site in NAMED {
            assert!(names.insert(site.name), "{}", site.name);
            for name in site.hosts {
                assert!(hosts.insert(*name), "{name}");
                let host = Host::read(name).unwrap();
                assert_eq!(
                    (host.as_str(), &host.registrable()),
                    (*name, &host),
                    "lower case, as it is registered"
                );
            }
            if let Some(page) = site.page {
                let page = Host::of(&page.parse().unwrap()).expect(page);
                assert!(page.is_same_site(&Host::read(site.hosts[0]).unwrap()));
            }
        }
    }
}
