// The types of /authd.js of authd {{version}}.

export const version: string;

export interface User {
  id: number;
  /** A random UUID that never changes and is never reused: store this. */
  subject: string;
  username: string | null;
  email: string | null;
  email_verified: boolean;
  first_name: string | null;
  last_name: string | null;
  avatar_url: string | null;
  roles: string[];
  mfa_enabled: boolean;
  /** What else GET /api/v1/auth/session says. */
  [member: string]: unknown;
}

/** An unsuccessful reply; without a reply, `status` is 0. */
export class AuthdError extends Error {
  readonly status: number;
  /** The name of the error, as in /openapi.json: "invalid_credentials". */
  readonly code: string;
  /** What was wrong; empty if it is not one value. */
  readonly field: string;
  /** Seconds until the server takes the same again; 0 if it did not say. */
  readonly wait: number;
}

export interface SignedIn {
  user: User;
  csrf_token: string;
  /** Shown only this once. */
  recovery_codes?: string[];
  mfa_required?: undefined;
  steps_required?: undefined;
}

/** Call signIn() again, with `mfa_token` and a code. */
export interface SecondFactor {
  mfa_required: true;
  mfa_token: string;
  methods: string[];
  steps_required?: undefined;
}

/** Call signIn() again, with `step_token` and what is required. */
export interface Steps {
  steps_required: ("terms" | "password_change")[];
  step_token: string;
  mfa_required?: undefined;
}

export type Proof =
  | {login: string; password: string}
  | {mfa_token: string; code: string; method?: string}
  | {step_token: string; terms_version?: string; new_password?: string};

/** On the server's own page, which comes back here (pages.return_origins). */
export function signIn(): Promise<never>;
export function signIn(proof: Proof): Promise<SignedIn | SecondFactor | Steps>;
export function signOut(): Promise<void>;

/** Who is signed in. Asked once, and again with `fresh`. */
export function session(options?: {fresh?: boolean}): Promise<User | null>;

/** As the browser's fetch(), with the session; a relative address is one of the server. */
export function fetch(address: string | URL, options?: RequestInit): Promise<Response>;

/** Proves again who this is; without a proof, with a passkey. */
export function reauthenticate(proof?: {password: string} | {code: string}): Promise<void>;

export interface Passkey {
  id: string;
  name: string;
  kind: "passkey" | "security_key";
  created_at: string | null;
  last_used: string | null;
  [member: string]: unknown;
}

export const passkeys: {
  supported(): boolean;
  /** `options` go to navigator.credentials.get(): mediation, signal. */
  signIn(options?: CredentialRequestOptions): Promise<SignedIn | Steps>;
  /** Has recovery codes if it is the first one: show them. */
  add(name: string): Promise<Passkey & {recovery_codes?: string[]}>;
  list(): Promise<Passkey[]>;
  remove(id: string): Promise<void>;
};

/** What happened, in whichever tab of this origin. Returns what ends it. */
export function on(
  type: "signedin" | "signedout" | "expired",
  act: (user: User | null) => void,
): () => void;
