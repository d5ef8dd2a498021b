// A host as its own documentation shows one: better-auth behind Node's HTTP server, with mail over SMTP.
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { bearer, deviceAuthorization, emailOTP, twoFactor, username } from "better-auth/plugins";
import { createTransport } from "nodemailer";

const { PORT, SMTP_PORT, DATABASE, BASE_URL, LIMITS } = process.env;
const post = createTransport({ host: "127.0.0.1", port: Number(SMTP_PORT), ignoreTLS: true });
const send = (to, subject, text) => post.sendMail({ from: "accounts@server.test", to, subject, text });

const auth = betterAuth({
  baseURL: BASE_URL,
  secret: "for-tests-on-loopback-and-for-nothing-else",
  database: new DatabaseSync(DATABASE),
  rateLimit: { enabled: LIMITS === "on" },
  telemetry: { enabled: false },
  emailAndPassword: {
    enabled: true,
    sendResetPassword: ({ user, url }) => send(user.email, "Reset your password", `Open ${url}`),
  },
  plugins: [
    bearer(),
    username(),
    deviceAuthorization({ verificationUri: `${BASE_URL}/device` }),
    twoFactor({ otpOptions: { sendOTP: ({ user, otp }) => send(user.email, "Sign in", `Your code is ${otp}`) } }),
    emailOTP({ sendVerificationOTP: ({ email, otp }) => send(email, "Your code", `Your code is ${otp}`) }),
  ],
});

await (await getMigrations(auth.options)).runMigrations();
createServer(toNodeHandler(auth)).listen(Number(PORT), "127.0.0.1");
