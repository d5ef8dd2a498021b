//! What the pages say that put an account back.

use super::Pair;
use crate::language::Language;

/// The words of one language.
pub(in crate::api::phone) struct Words {
    pub(in crate::api::phone) bad: Pair,
    pub(in crate::api::phone) already: Pair,
    pub(in crate::api::phone) ask: Pair,
    pub(in crate::api::phone) what: &'static str,
    pub(in crate::api::phone) code_goes_to: &'static str,
    pub(in crate::api::phone) button: &'static str,
    pub(in crate::api::phone) put_back: Pair,
    pub(in crate::api::phone) code: &'static str,
    pub(in crate::api::phone) password: &'static str,
    pub(in crate::api::phone) set: &'static str,
    pub(in crate::api::phone) wrong_code: &'static str,
    pub(in crate::api::phone) tries: fn(left: u32) -> String,
    pub(in crate::api::phone) short: &'static str,
    pub(in crate::api::phone) short_do: fn(min: usize) -> String,
    pub(in crate::api::phone) weak: Pair,
    pub(in crate::api::phone) over: Pair,
    pub(in crate::api::phone) done: Pair,
}

pub(in crate::api::phone) fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::Ru => &RU,
        Language::De => &DE,
        Language::Es => &ES,
    }
}

const EN: Words = Words {
    bad: (
        "This link works no more",
        "In Regain you see what gets you back in to your account, and change it.",
    ),
    already: (
        "There is nothing to put back",
        "It was put back before, or more than 7 days have passed. To set a new password, open Regain and choose “Forgot your password?”.",
    ),
    ask: (
        "Put your account back?",
        "Addresses, authenticator app and saved codes become what they were before this change; later changes are undone, too. Every device is signed out, and the password works no more: you set a new one with a code that is mailed to you now.",
    ),
    what: "Change",
    code_goes_to: "The code goes to",
    button: "Put it back",
    put_back: (
        "Put back. Now set a new password",
        "A code is on its way to your mailbox. If it does not come, open Regain and choose “Forgot your password?”.",
    ),
    code: "Code from the mail",
    password: "New password",
    set: "Set the password",
    wrong_code: "That code doesn't fit.",
    tries: |left| format!("Take the one of the newest mail. Tries left: {left}."),
    short: "That password is too short.",
    short_do: |min| format!("It needs at least {min} characters. Four or five words do well."),
    weak: (
        "That password is easily guessed.",
        "Add another word or two; no names, and none of a well-known phrase.",
    ),
    over: (
        "That code has run out",
        "Your account stays put back. Open Regain and choose “Forgot your password?” to set a new password.",
    ),
    done: (
        "Done. The new password works",
        "Sign in with it in Regain. Change the password of your mailbox, too, if someone may know it.",
    ),
};

const DE: Words = Words {
    bad: (
        "Dieser Link gilt nicht mehr",
        "In Regain siehst du, was dich wieder in dein Konto bringt, und änderst es.",
    ),
    already: (
        "Hier ist nichts rückgängig zu machen",
        "Es wurde schon rückgängig gemacht, oder es ist mehr als 7 Tage her. Für ein neues Passwort öffne Regain und wähle „Passwort vergessen?“.",
    ),
    ask: (
        "Die Änderung rückgängig machen?",
        "Adressen, Authenticator-App und gespeicherte Codes werden wieder, was sie vor dieser Änderung waren; auch was danach kam, wird rückgängig gemacht. Alle Geräte werden abgemeldet, und das Passwort gilt nicht mehr: Du setzt ein neues mit einem Code, der dir jetzt gemailt wird.",
    ),
    what: "Änderung",
    code_goes_to: "Der Code geht an",
    button: "Rückgängig machen",
    put_back: (
        "Rückgängig gemacht. Setze jetzt ein neues Passwort",
        "Ein Code ist auf dem Weg in dein Postfach. Kommt er nicht, öffne Regain und wähle „Passwort vergessen?“.",
    ),
    code: "Code aus der E-Mail",
    password: "Neues Passwort",
    set: "Passwort setzen",
    wrong_code: "Dieser Code passt nicht.",
    tries: |left| format!("Nimm den aus der neuesten E-Mail. Noch übrige Versuche: {left}."),
    short: "Dieses Passwort ist zu kurz.",
    short_do: |min| format!("Es braucht mindestens {min} Zeichen. Gut sind vier oder fünf Wörter."),
    weak: (
        "Dieses Passwort ist leicht zu erraten.",
        "Füge noch ein oder zwei Wörter hinzu; keine Namen, keine bekannte Wendung.",
    ),
    over: (
        "Dieser Code ist abgelaufen",
        "Die Änderung bleibt rückgängig gemacht. Öffne Regain und wähle „Passwort vergessen?“, um ein neues Passwort zu setzen.",
    ),
    done: (
        "Fertig. Das neue Passwort gilt",
        "Melde dich damit in Regain an. Ändere auch das Passwort deines Postfachs, wenn es jemand kennen könnte.",
    ),
};

const ES: Words = Words {
    bad: ("Este enlace ya no sirve", "En Regain ves qué te permite volver a tu cuenta, y lo cambias."),
    already: (
        "No hay nada que deshacer",
        "Ya se deshizo, o han pasado más de 7 días. Para poner una contraseña nueva, abre Regain y elige «¿Has olvidado la contraseña?».",
    ),
    ask: (
        "¿Dejar tu cuenta como estaba?",
        "Direcciones, app de autenticación y códigos guardados vuelven a ser los de antes de este cambio; lo que se cambió después también se deshace. Se cierra la sesión en todos los dispositivos y la contraseña deja de servir: pondrás una nueva con un código que te llega ahora por correo.",
    ),
    what: "Cambio",
    code_goes_to: "El código va a",
    button: "Deshacer el cambio",
    put_back: (
        "Deshecho. Ahora pon una contraseña nueva",
        "Hay un código de camino a tu buzón. Si no llega, abre Regain y elige «¿Has olvidado la contraseña?».",
    ),
    code: "Código del correo",
    password: "Contraseña nueva",
    set: "Poner la contraseña",
    wrong_code: "Ese código no encaja.",
    tries: |left| format!("Usa el del correo más reciente. Intentos que quedan: {left}."),
    short: "Esa contraseña es demasiado corta.",
    short_do: |min| format!("Necesita al menos {min} caracteres. Cuatro o cinco palabras van bien."),
    weak: (
        "Esa contraseña es fácil de adivinar.",
        "Añade una o dos palabras más; sin nombres ni frases conocidas.",
    ),
    over: (
        "Ese código ha caducado",
        "Tu cuenta sigue como estaba antes del cambio. Abre Regain y elige «¿Has olvidado la contraseña?» para poner una contraseña nueva.",
    ),
    done: (
        "Listo. La contraseña nueva ya sirve",
        "Entra con ella en Regain. Cambia también la contraseña de tu buzón si alguien puede conocerla.",
    ),
};

const RU: Words = Words {
    bad: (
        "Эта ссылка больше не действует",
        "В Regain видно, что возвращает вас в аккаунт, и там же это можно изменить.",
    ),
    already: (
        "Возвращать нечего",
        "Это уже вернули, или прошло больше 7 дней. Чтобы задать новый пароль, откройте Regain и выберите «Забыли пароль?».",
    ),
    ask: (
        "Вернуть аккаунт в прежнее состояние?",
        "Адреса, приложение с кодами и сохранённые коды станут такими, какими были до этого изменения; более поздние изменения тоже отменятся. На всех устройствах будет выполнен выход, и пароль перестанет действовать: новый вы зададите кодом, который придёт вам по почте.",
    ),
    what: "Изменение",
    code_goes_to: "Код придёт на",
    button: "Вернуть как было",
    put_back: (
        "Всё возвращено. Теперь задайте новый пароль",
        "Код уже отправлен в ваш почтовый ящик. Если он не придёт, откройте Regain и выберите «Забыли пароль?».",
    ),
    code: "Код из письма",
    password: "Новый пароль",
    set: "Задать пароль",
    wrong_code: "Этот код не подходит.",
    tries: |left| format!("Возьмите код из самого нового письма. Осталось попыток: {left}."),
    short: "Этот пароль слишком короткий.",
    short_do: |min| format!("Нужно не меньше {min} символов. Хорошо подойдут четыре-пять слов."),
    weak: ("Этот пароль легко угадать.", "Добавьте ещё одно-два слова; без имён и известных выражений."),
    over: (
        "Срок действия кода истёк",
        "Аккаунт остаётся возвращённым. Чтобы задать новый пароль, откройте Regain и выберите «Забыли пароль?».",
    ),
    done: (
        "Готово. Новый пароль действует",
        "Войдите с ним в Regain. Смените и пароль своей почты, если его может знать кто-то ещё.",
    ),
};
