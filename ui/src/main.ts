import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/buttons.css';
import './styles/fields.css';
import './styles/code.css';
import './styles/notice.css';
import './styles/secrets.css';
import './styles/question.css';
import './styles/rooms.css';
import './styles/house.css';
import './styles/dialogs.css';
import './styles/parts.css';
import './styles/scan.css';
import './styles/vault.css';
import './styles/pairing.css';
import './styles/guide.css';
import './styles/narrow.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { app, errorIn } from './app.svelte';
import { fromTheTop, letters } from './arrival';
import { bridge } from './bridge';

const PAINT_MS = 250;

const target = document.getElementById('app');
if (target) {
  const lettered = letters(document.fonts);
  try {
    await app.start();
  } catch (thrown) {
    app.error = errorIn(thrown);
  }
  await lettered;
  fromTheTop(window);
  mount(App, { target });
  void app.watch().catch(() => undefined);
  let told = false;
  const shown = () => {
    if (told) return;
    told = true;
    void bridge.shown();
  };
  requestAnimationFrame(() => requestAnimationFrame(shown));
  // A hidden window may not draw frames at all.
  setTimeout(shown, PAINT_MS);
}
