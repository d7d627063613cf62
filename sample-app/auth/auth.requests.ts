import { EmailField, PasswordField, TextField } from '../http/fields.js';

/** The shortest new password, in characters. */
const NEW_PASSWORD = { min: 8 };

export class RegisterRequest {
  @EmailField()
  email!: string;
  @PasswordField(NEW_PASSWORD)
  password!: string;
  @TextField({ max: 100, optional: true })
  name?: string;
}

export class LoginRequest {
  @EmailField()
  email!: string;
  @PasswordField({ min: 1 })
  password!: string;
  /** What the user calls the device; shown in the list of sessions. */
  @TextField({ max: 100, optional: true })
  device?: string;
}

export class ChangePasswordRequest {
  @PasswordField({ min: 1 })
  currentPassword!: string;
  @PasswordField(NEW_PASSWORD)
  newPassword!: string;
}
