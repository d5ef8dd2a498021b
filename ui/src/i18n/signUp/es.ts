import type { SignUpWords } from './words';

export const signUp: SignUpWords = {
  begin: 'Crear una cuenta',
  intent: 'Cuenta nueva',
  stepAddress: 'Tu dirección',
  stepPassword: 'Contraseña',
  stepDone: 'Ya es tuya',
  note: 'Regain crea la contraseña y la guarda antes de que exista la cuenta.',
  title: (server) => `Una cuenta nueva en ${server}. ¿Con qué dirección de correo?`,
  lead: 'Con ella inicias sesión, y a ella llega un código si algún día olvidas la contraseña.',
  next: 'Después: un código en tu buzón, para saber que la dirección es tuya.',
  already: '¿Ya tienes una cuenta allí? Entonces el correo lo dice y no trae ningún código.',
  done: 'La cuenta es tuya.',
  doneLead: (server) => `Tienes una cuenta en ${server} y has iniciado sesión.`,
  codes: 'Con ella se guardan diez códigos de recuperación',
  codesText: 'Cada uno abre la cuenta una vez. Están en su página, en «Códigos de recuperación guardados».',
};
