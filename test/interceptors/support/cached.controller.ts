import {
  Controller,
  Get,
  Header,
  NotFoundException,
  Redirect,
  Res,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { JwtAuthGuard } from 'nestjs-revocable-jwt';

/** What the replies of both adapters have. */
interface Reply {
  header(name: string, value: string): unknown;
  send(body: string): unknown;
}

/** Answers that say in various ways who may keep them. */
@Controller('cached')
@UseGuards(JwtAuthGuard)
export class CachedController {
  @Get('silent')
  silent() {
    return {};
  }

  @Get('passport')
  @UseGuards(AuthGuard('jwt'))
  passport() {
    return {};
  }

  @Get('redirect')
  @Redirect('/elsewhere', 301)
  redirect() {
    return undefined;
  }

  @Get('public')
  @Header('Cache-Control', 'public, max-age=60')
  byAnybody() {
    return {};
  }

  @Get('fields')
  @Header('Cache-Control', 'max-age=60, private="Set-Cookie"')
  butForFields() {
    return {};
  }

  @Get('private')
  @Header('Cache-Control', 'max-age=60, Private')
  byBrowsers() {
    return {};
  }

  @Get('no-store')
  @Header('Cache-Control', 'no-store')
  byNobody() {
    return {};
  }

  @Get('by-hand')
  byHand(@Res({ passthrough: true }) reply: Reply) {
    reply.header('Cache-Control', 'public, s-maxage=60');
    return {};
  }

  @Get('thrown')
  thrown(@Res({ passthrough: true }) reply: Reply): never {
    reply.header('Cache-Control', 'public, max-age=60');
    throw new NotFoundException();
  }

  @Get('written')
  written(@Res() reply: Reply) {
    reply.send('{}');
  }
}
