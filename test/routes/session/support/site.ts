/** A site whose tokens are in cookies, and a browser that visits it. */
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  type INestApplication,
  Patch,
  Post,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  type AuthRequest,
  AuthService,
  type CookieOptions,
  CurrentUser,
  type HttpResponse,
  JwtAuthGuard,
  OptionalAuth,
  type Principal,
  Public,
  type RenewalOptions,
  type TokenLocation,
} from 'nestjs-revocable-jwt';
import { DataSource } from 'typeorm';
import { afterEach, expect } from 'vitest';
import { startSessionApp, type SessionApp } from '../../../sessions/support/session-app.js';
import { Person } from '../../../support/person.entity.js';
import { type AdapterName, type Answer, send } from '../../../support/http.js';

export const ACCESS = '__Host-access';
export const REFRESH = '__Secure-refresh';

/** What an application adds: its login, and routes that change something. */
@Controller()
class SiteController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  @Post('login')
  @Public()
  @HttpCode(200)
  async login(
    @Body('id') id: number,
    @Req() request: AuthRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ) {
    this.auth.requireOwnOrigin(request);
    const person = await this.dataSource.manager.findOneByOrFail(Person, { id });
    return this.auth.deliver(await this.auth.signIn(person), response);
  }

  @Patch('name')
  @UseGuards(JwtAuthGuard)
  rename(@CurrentUser('userId') userId: string) {
    return { userId };
  }

  @Post('passport')
  @UseGuards(AuthGuard('jwt'))
  passport(@CurrentUser('userId') userId: string) {
    return { userId };
  }

  @Post('perhaps')
  @UseGuards(JwtAuthGuard)
  @OptionalAuth()
  perhaps(@CurrentUser() user?: Principal) {
    return { user: user?.userId ?? null };
  }

  @Get('mine')
  @UseGuards(JwtAuthGuard)
  mine(@CurrentUser('userId') userId: string) {
    return { userId };
  }
}

/** A browser, as far as it matters: keeps cookies by name and path, sends those that fit. */
export class Browser {
  readonly jar = new Map<string, { value: string; path: string }>();

  constructor(
    private readonly url: string,
    /** What it says of where requests come from. */
    public says: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ) {}

  async send(
    method: string,
    path: string,
    body?: unknown,
    cookie = this.cookieFor(path),
  ): Promise<Answer> {
    const headers = { ...this.says, ...(cookie === '' ? {} : { cookie }) };
    const answer = await send(`${this.url}/${path}`, { method, headers, json: body });
    for (const set of answer.headers.getSetCookie()) this.keep(set);
    return answer;
  }

  cookieFor(path: string): string {
    const fitting = [...this.jar].filter(([, { path: scope }]) => `/${path}`.startsWith(scope));
    return fitting.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  private keep(set: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
    const [, path = '/'] = /; Path=([^;]+)/.exec(set) ?? [];
    if (set.includes('Max-Age=0')) this.jar.delete(name);
    else this.jar.set(name, { value, path });
  }
}

export interface Site {
  readonly app: SessionApp;
  readonly person: Person;
  readonly browser: Browser;
  /** Signs the person in, in the browser. */
  signedIn(prefix?: string): ReturnType<Browser['send']>;
}

export async function startSite(
  adapter: AdapterName,
  options: {
    readonly from?: TokenLocation;
    /** `undefined`: no option. */
    readonly cookies?: CookieOptions | undefined;
    readonly asynchronous?: boolean;
    readonly prepare?: (app: INestApplication) => void;
    readonly renewal?: RenewalOptions;
    /** Whether `X-Forwarded-*` counts. */
    readonly trustsProxy?: boolean;
    /** The same application with other options: on the database of this one, with its key and its person. */
    readonly after?: Site;
  } = {},
): Promise<Site> {
  const {
    from = { cookie: ACCESS },
    asynchronous = false,
    prepare,
    trustsProxy = false,
    renewal,
    after,
  } = options;
  const cookies = 'cookies' in options ? options.cookies : { refresh: REFRESH };
  const app = await startSessionApp({
    adapter,
    asynchronous,
    controllers: [SiteController],
    trustsProxy,
    ...(after && { database: after.app.database, synchronize: false }),
    jwt: { from, ...(after && { secret: after.app.options.jwt.secret }) },
    auth: { ...(cookies && { cookies }), ...(renewal && { renewal }) },
    extras: { routes: { admin: { roles: ['admin'] } } },
    ...(prepare === undefined ? {} : { prepare }),
  });
  const person = after?.person ?? (await app.addPerson());
  const browser = new Browser(app.url);
  const signedIn = async (prefix = '') => {
    const answer = await browser.send('POST', `${prefix}login`, { id: person.id });
    expect(answer.status).toBe(200);
    return answer;
  };
  return { app, person, browser, signedIn };
}

/** Starts sites, each for one test, after which it is closed. */
export function oneByOne(): typeof startSite {
  let site: Site | undefined;
  afterEach(async () => {
    await site?.app.close();
    site = undefined;
  });
  return async (...given) => (site = await startSite(...given));
}
