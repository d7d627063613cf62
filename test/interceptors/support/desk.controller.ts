import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Controller,
  Get,
  ImATeapotException,
  Inject,
  Redirect,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  CurrentUser,
  ForgetToken,
  JwtAuthGuard,
  OptionalAuth,
  type Principal,
  Public,
  RevocationService,
} from 'nestjs-revocable-jwt';
import { from, type Observable } from 'rxjs';
import { DataSource } from 'typeorm';
import { Person } from '../../support/person.entity.js';

/** The part of both adapters' responses that the routes use. */
interface AnyResponse {
  readonly raw?: ServerResponse;
  status(code: number): { send(body: unknown): unknown };
  header(name: string, value: string): unknown;
  appendHeader?(name: string, value: string): unknown;
}

/** Routes that answer, fail, and take away in every way that a renewal must heed. */
@Controller('desk')
@UseGuards(JwtAuthGuard)
export class DeskController {
  constructor(
    @Inject(RevocationService) private readonly revocation: RevocationService,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  @Get('ok')
  ok() {
    return { ok: true };
  }

  @Get('nothing')
  nothing(): void {}

  @Get('stream')
  stream(): Observable<number> {
    return from([1, 2, 3]);
  }

  @Public()
  @UseGuards(AuthGuard('jwt'))
  @Get('passport')
  passport() {
    return { ok: true };
  }

  @OptionalAuth()
  @Get('optional')
  optional() {
    return { ok: true };
  }

  @Get('thrown')
  thrown(): never {
    throw new ImATeapotException();
  }

  @Get('crash')
  crash(): never {
    throw new Error('a bug');
  }

  @Get('rejected')
  rejected(@Res({ passthrough: true }) response: AnyResponse) {
    response.status(422);
    return { ok: false };
  }

  @Get('headers')
  headers(@Res({ passthrough: true }) response: AnyResponse) {
    for (const cookie of ['theme=dark; Path=/', 'lang=en; Path=/']) {
      if (response.appendHeader === undefined) response.header('Set-Cookie', cookie);
      else response.appendHeader('Set-Cookie', cookie);
    }
    response.header('Cache-Control', 'public, max-age=60');
    return { ok: true };
  }

  @Get('own')
  own(@Res() response: AnyResponse) {
    response.status(200).send({ own: true });
  }

  @Get('raw')
  raw(@Res() response: AnyResponse & ServerResponse) {
    const raw = response.raw ?? response;
    raw.writeHead(200, { 'content-type': 'text/plain' });
    setImmediate(() => raw.end('raw'));
  }

  @Get('file')
  file() {
    return new StreamableFile(Readable.from(['one ', 'two']));
  }

  @Redirect('/desk/ok')
  @Get('redirect')
  redirect() {}

  @Get('piped')
  piped(@Res() response: AnyResponse & ServerResponse) {
    const raw = response.raw ?? response;
    Readable.from(['one ', 'two']).pipe(raw);
  }

  /** The headers leave before the handler is done. */
  @Get('flushed')
  async flushed(@Res() response: AnyResponse & ServerResponse) {
    const raw = response.raw ?? response;
    raw.flushHeaders();
    raw.write('early, ');
    await sleep(20);
    raw.end('late');
  }

  @Get('passed')
  async passed(@Res({ passthrough: true }) response: AnyResponse & ServerResponse) {
    await this.flushed(response);
  }

  @Get('own-logout')
  async ownLogout(@CurrentUser() user: Principal, @Res() response: AnyResponse) {
    response.status(200).send(await this.logout(user));
  }

  @Get('own-revoke')
  async ownRevoke(@CurrentUser() user: Principal, @Res() response: AnyResponse) {
    response.status(200).send(await this.revoke(user));
  }

  @Get('own-bump')
  async ownBump(@CurrentUser() { userId }: Principal, @Res() response: AnyResponse) {
    await this.revocation.revokeUser(userId);
    response.status(200).send({ ok: true });
  }

  @Get('own-thrown')
  ownThrown(@Res() _response: AnyResponse): never {
    throw new ImATeapotException();
  }

  @Get('own-rejected')
  ownRejected(@Res() response: AnyResponse) {
    response.status(422).send({ ok: false });
  }

  @ForgetToken()
  @Get('own-forget')
  ownForget(@Res() response: AnyResponse) {
    response.status(200).send({ ok: true });
  }

  @ForgetToken()
  @Get('forget-raw')
  forgetRaw(@Res() response: AnyResponse & ServerResponse) {
    const raw = response.raw ?? response;
    raw.writeHead(200, 'Fine', { 'Set-Cookie': 'theme=dark; Path=/' }).end('raw');
  }

  @ForgetToken()
  @Get('forget-listed')
  forgetListed(@Res() response: AnyResponse & ServerResponse) {
    const raw = response.raw ?? response;
    raw.writeHead(200, ['Set-Cookie', 'theme=dark; Path=/']).end('raw');
  }

  @ForgetToken()
  @Get('forget-piped')
  forgetPiped(@Res() response: AnyResponse & ServerResponse) {
    this.piped(response);
  }

  @ForgetToken()
  @Get('forget-flushed')
  forgetFlushed(@Res() response: AnyResponse & ServerResponse) {
    return this.flushed(response);
  }

  @ForgetToken()
  @Get('forget-file')
  forgetFile() {
    return this.file();
  }

  @ForgetToken()
  @Sse('forget-events')
  forgetEvents() {
    return this.events();
  }

  @ForgetToken()
  @Redirect('/desk/ok')
  @Get('forget-redirect')
  forgetRedirect() {}

  @ForgetToken()
  @Get('forget-own-rejected')
  forgetOwnRejected(@Res() response: AnyResponse) {
    response.status(409).send({ ok: false });
  }

  @Sse('events')
  events(): Observable<{ data: string }> {
    return from([{ data: 'one' }, { data: 'two' }]);
  }

  @Get('logout')
  async logout(@CurrentUser() { sessionId }: Principal) {
    await this.revocation.revokeSession(sessionId);
    return { ok: true };
  }

  @Get('revoke')
  async revoke(@CurrentUser() { tokenId }: Principal) {
    await this.revocation.revokeToken({ jti: tokenId });
    return { ok: true };
  }

  @Get('disable')
  async disable(@CurrentUser() { userId }: Principal) {
    await this.dataSource.getRepository(Person).update({ id: Number(userId) }, { status: 'off' });
    return { ok: true };
  }

  @Get('bump')
  async bump(@CurrentUser() { userId }: Principal) {
    await this.dataSource.query(
      'UPDATE person SET token_version = token_version + 1 WHERE id = ?',
      [Number(userId)],
    );
    return { ok: true };
  }

  /** The database goes away while the handler runs; `restore` brings it back. */
  @Get('outage')
  async outage() {
    await this.dataSource.query('ALTER TABLE auth_state RENAME TO auth_state_gone');
    return { ok: true };
  }

  @ForgetToken()
  @Get('forget')
  forget() {
    return { ok: true };
  }

  @ForgetToken()
  @Get('forget-thrown')
  forgetThrown(): never {
    throw new ImATeapotException();
  }

  @ForgetToken()
  @Get('forget-rejected')
  forgetRejected(@Res({ passthrough: true }) response: AnyResponse) {
    response.status(409);
    return { ok: false };
  }

  @Public()
  @ForgetToken()
  @Get('forget-public')
  forgetPublic() {
    return { ok: true };
  }
}
