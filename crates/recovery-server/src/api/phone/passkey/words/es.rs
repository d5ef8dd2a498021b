use super::Words;

pub(super) const WORDS: Words = Words {
    enter: "Entrar con una llave de acceso",
    approve: "Dejar entrar al ordenador con una llave de acceso",
    refused: ("Esa llave de acceso no se ha aceptado.", "Vuelve a intentarlo o usa tu contraseña."),
    failed: "No ha llegado ninguna llave de acceso: se canceló o tardó demasiado. Vuelve a intentarlo o usa tu contraseña.",
    known: "Este dispositivo ya tiene una llave de acceso de tu cuenta.",
    list: (
        "Llaves de acceso",
        "Con una llave de acceso entras con lo que desbloquea tu dispositivo, en lugar de la contraseña. Solo sirve en las páginas de este servidor.",
    ),
    list_empty: "Todavía no hay ninguna.",
    passkey: "Llave de acceso",
    added_at: "Añadida",
    last_used: "Último uso",
    remove: "Quitar",
    add: "Añadir una llave de acceso",
    add_lead: "Quien pueda desbloquear el dispositivo podrá abrir tu cuenta. Recibirás un correo sobre ello.",
    name: "Nombre para reconocerla",
    add_button: "Añadir llave de acceso",
    no_script: "Para añadir una, este navegador tiene que ejecutar scripts.",
    no_domain: "En este servidor no puede haber: su dirección es un número, y las llaves de acceso necesitan un nombre.",
    weak: "Este teléfono todavía no puede cambiar llaves de acceso",
    not_added: (
        "No se ha añadido ninguna llave de acceso.",
        "Vuelve a intentarlo; cada intento dura cinco minutos.",
    ),
    not_discoverable: (
        "Este dispositivo no ha guardado una llave que encuentre sin un nombre.",
        "Usa otro dispositivo.",
    ),
    full: ("Ya hay tantas llaves de acceso como puede haber.", "Quita antes una."),
    not_mine: (
        "¿Quitar esta llave de acceso?",
        "Nadie podrá entrar con ella, y quien lo haya hecho quedará fuera al momento.",
    ),
    not_mine_button: "Quitarla",
    not_mine_done: (
        "Quitada. Ya nadie entra con ella.",
        "Ahora abre Regain, elige «¿Has olvidado la contraseña?» y pon una nueva: quien la añadió sabía tu contraseña.",
    ),
    not_mine_already: (
        "Ya estaba quitada",
        "Si no fuiste tú, abre Regain, elige «¿Has olvidado la contraseña?» y pon una nueva.",
    ),
};
