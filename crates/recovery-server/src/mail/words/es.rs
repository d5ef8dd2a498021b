use super::Words;

pub(super) const WORDS: Words = Words {
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    moment: |day, month, year, time| format!("{day} de {month} de {year}, {time}"),
    works_until: |time, minutes| format!("{time} ({minutes} minutos)"),
    practice: "Práctica: nada de esto es real.",
    greeting: |person| format!("Hola, {person}:"),
    greeting_unnamed: "Hola:",
    device: "Dispositivo",
    network: "Red",
    asked_at: "Solicitado",
    happened_at: "Cuándo",
    account: "Cuenta",
    until: "Sirve hasta",
    purpose: "Para qué",
    purpose_reset: "Poner una contraseña nueva",
    wasnt_you: "¿No fuiste tú?",
    footer: |server| {
        format!("Enviado por {server} por algo que se hizo con tu cuenta. Nadie lee las respuestas.")
    },
    code_subject: |code, server| format!("{code} es tu código para {server}"),
    code_title: "Vamos a abrirte la puerta",
    code_lead: |server| {
        format!(
            "Alguien, seguramente tú, quiere poner una contraseña nueva en {server}. Escribe este código donde te lo han pedido:"
        )
    },
    code_not_you: |server| {
        format!(
            "No hagas nada: sin este código no cambia nada. No lo leas en voz alta ni se lo des a nadie; nadie de {server} te lo pedirá."
        )
    },
    link_subject: |server| format!("Tu enlace para volver a {server}"),
    link_title: "Vamos a abrirte la puerta",
    link_lead: |server| {
        format!(
            "Alguien, seguramente tú, quiere poner una contraseña nueva en {server}. Copia este enlace y pégalo donde te lo han pedido:"
        )
    },
    link_hint: "Abrir el enlace no cambia nada. Solo sirve junto con la ventana en la que se pidió.",
    link_not_you: "No hagas nada: sin este enlace no cambia nada. No se lo des a nadie.",
    changed_subject: |server| format!("Tu contraseña de {server} ha cambiado"),
    changed_title: "Tu contraseña ha cambiado",
    changed_lead: |server| {
        format!(
            "La contraseña de tu cuenta en {server} ha cambiado. Se ha cerrado la sesión en los demás dispositivos."
        )
    },
    changed_not_you: "Elige ahora mismo «¿Has olvidado la contraseña?» y pon una nueva: eso cierra la sesión de quien haya sido. Después cambia la contraseña de tu buzón.",
    device_subject: |server| format!("Nuevo inicio de sesión en {server}"),
    device_title: "Un nuevo inicio de sesión",
    device_lead: |server| {
        format!(
            "Alguien ha entrado en tu cuenta en {server} desde un dispositivo o una red que no conocíamos. Si fuiste tú, no hay nada que hacer."
        )
    },
    device_not_you: "Elige «¿Has olvidado la contraseña?» y pon una nueva: eso cierra la sesión en todos los dispositivos.",
    used_subject: |server| format!("Se ha usado un código de recuperación guardado de {server}"),
    used_title: "Se ha usado un código guardado",
    used_lead: |left| {
        format!(
            "Se acaba de usar uno de tus códigos de recuperación guardados, que ya no sirve. Quedan sin usar: {left}."
        )
    },
    used_not_you: "Alguien tiene tu lista. Elige «¿Has olvidado la contraseña?», pon una contraseña nueva y pide otra lista.",
    computer_subject: |server| format!("Un ordenador nuevo ha entrado en {server}"),
    computer_title: "Un ordenador nuevo ha entrado",
    computer_lead: |server| {
        format!(
            "Un teléfono con tu cuenta de {server} abierta ha dejado entrar a un ordenador con un código. Si fuiste tú, no hay nada que hacer. Si no, abre este enlace y ciérralo:"
        )
    },
    phone_subject: |server| format!("Un teléfono nuevo ha entrado en {server}"),
    phone_title: "Un teléfono nuevo ha entrado",
    phone_lead: |server| {
        format!(
            "Un ordenador con tu cuenta de {server} abierta ha dejado entrar a un teléfono con un código. Si fuiste tú, no hay nada que hacer. Si no, abre este enlace y ciérralo:"
        )
    },
    not_me_hint: "Abrir el enlace no cambia nada por sí solo: dice qué cerraría y pregunta. Sirve durante 7 días.",
    not_me_not_you: "Ciérralo con el enlace, elige después «¿Has olvidado la contraseña?» y pon una nueva: eso cierra la sesión en todos los dispositivos.",
};
