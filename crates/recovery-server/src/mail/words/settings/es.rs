use super::{ChangeKind, Words};

pub(super) const WORDS: Words = Words {
    address: "Dirección",
    purpose_sign_up: "Crear una cuenta",
    purpose_address: "Añadir una dirección de recuperación",
    sign_up_footer: |server| {
        format!("Enviado por {server} porque alguien escribió allí esta dirección. Nadie lee las respuestas.")
    },
    sign_up_title: "Confirma tu dirección",
    sign_up_lead: |server| {
        format!(
            "Alguien, seguramente tú, quiere crear una cuenta en {server} con esta dirección. Escribe este código donde te lo han pedido:"
        )
    },
    sign_up_not_you: "No hagas nada: sin este código no se crea ninguna cuenta. No lo leas en voz alta ni se lo des a nadie.",
    taken_subject: |server| format!("Tienes una cuenta en {server}"),
    taken_title: "Ya tienes una cuenta",
    taken_lead: |server| {
        format!(
            "Alguien, seguramente tú, quiso crear una cuenta en {server} con esta dirección. Ya tiene una: entra con ella. Si has olvidado la contraseña, elige allí «¿Has olvidado la contraseña?»."
        )
    },
    address_title: "Confirma esta dirección",
    address_lead: |server| {
        format!(
            "Alguien, seguramente tú, quiere poder volver a una cuenta en {server} con esta dirección si algún día hace falta. Escribe este código donde te lo han pedido:"
        )
    },
    address_not_you: "No hagas nada: sin este código no se añade nada. No lo leas en voz alta ni se lo des a nadie.",
    in_use_subject: |server| format!("Esta dirección ya se usa en {server}"),
    in_use_title: "Esta dirección ya se usa",
    in_use_lead: |server| {
        format!(
            "Alguien quiso añadir esta dirección a una cuenta en {server}. Ya pertenece a otra, y solo puede pertenecer a una."
        )
    },
    nothing_changed: "No hagas nada: no ha cambiado nada.",
    changed_subject: |server| format!("Tu camino de vuelta a {server} ha cambiado"),
    kind: |kind| match kind {
        ChangeKind::AddressAdded => "Se ha añadido una dirección de recuperación",
        ChangeKind::AddressRemoved => "Se ha quitado una dirección de recuperación",
        ChangeKind::AddressFirst => "Otra dirección es ahora la primera",
        ChangeKind::AuthenticatorOn => "Se ha activado una app de autenticación",
        ChangeKind::AuthenticatorOff => "Se ha desactivado la app de autenticación",
        ChangeKind::RecoveryCodes => "Se han creado códigos de recuperación nuevos",
    },
    changed_lead: |server| {
        format!(
            "Ha cambiado lo que te permite volver a tu cuenta en {server}. Si fuiste tú, no hay nada que hacer."
        )
    },
    changed_link: "Si no, abre este enlace y deshaz el cambio:",
    changed_hint: "Abrir el enlace no cambia nada por sí solo: dice qué desharía y pregunta. Sirve durante 7 días.",
    changed_not_you: "Deshazlo con el enlace. Eso cierra la sesión en todos los dispositivos y anula la contraseña, que quien lo hizo tenía que conocer; allí pones una nueva.",
    told_not_you: "Deshazlo con el enlace del correo enviado a tu otra dirección, o elige «¿Has olvidado la contraseña?» y pon una nueva: eso cierra la sesión en todos los dispositivos.",
    operator_lead: |server| {
        format!(
            "Quien administra {server} ha creado códigos de recuperación nuevos para tu cuenta, seguramente porque se los pediste. Los anteriores ya no sirven. Si los pediste tú, no tienes que hacer nada."
        )
    },
    operator_not_you: "Deshazlo con el enlace: los códigos nuevos dejan de servir y los anteriores vuelven a valer. Eso también cierra la sesión en todos los dispositivos y anula la contraseña; allí pones una nueva. Avisa a quien administra el servidor de que alguien los pidió en tu nombre.",
    put_back_subject: |server| format!("Tu cuenta en {server} vuelve a estar como antes"),
    put_back_title: "Tu cuenta vuelve a estar como antes",
    put_back_lead: |server| {
        format!(
            "Desde uno de tus buzones se ha deshecho un cambio de tu cuenta en {server}: direcciones, app de autenticación y códigos guardados están como antes. Se ha cerrado la sesión en todos los dispositivos y la contraseña ya no sirve. Puedes poner una nueva con el código de otro correo o eligiendo «¿Has olvidado la contraseña?»."
        )
    },
    put_back_not_you: "Alguien lee uno de tus buzones. Cambia primero su contraseña, elige después «¿Has olvidado la contraseña?» y pon aquí una nueva.",
};
