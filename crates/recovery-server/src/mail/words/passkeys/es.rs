use super::Words;

pub(super) const WORDS: Words = Words {
    passkey: "Llave de acceso",
    added_subject: |server| format!("Se ha añadido una llave de acceso a tu cuenta en {server}"),
    added_title: "Se ha añadido una llave de acceso",
    added_lead: |server| {
        format!(
            "Se ha añadido una llave de acceso a tu cuenta en {server}: abre la cuenta sin la contraseña. Si fuiste tú, no hay nada que hacer. Si no, abre este enlace y quítala:"
        )
    },
    added_hint: "Abrir el enlace no cambia nada por sí solo: dice qué quitaría y pregunta. Sirve durante 7 días.",
    added_not_you: "Quítala con el enlace, elige después «¿Has olvidado la contraseña?» y pon una nueva: quien la añadió sabía tu contraseña.",
    copied_subject: |server| format!("Puede haber dos copias de una llave de acceso de {server}"),
    copied_title: "Puede haber dos copias de una llave",
    copied_lead: |server| {
        format!(
            "Se acaba de usar y rechazar una llave de acceso de tu cuenta en {server}: se ha usado menos veces de las que nos constan. Pasa cuando alguien la ha copiado o cuando un dispositivo ha vuelto a un estado anterior."
        )
    },
    copied_not_you: "Abre en tu teléfono la página del servidor con tus llaves de acceso, quita esta y añade una nueva.",
    still_there: |passkeys| {
        format!(
            "Las llaves de acceso no cambian con eso: tu cuenta tiene {passkeys}, y todas la siguen abriendo."
        )
    },
};
