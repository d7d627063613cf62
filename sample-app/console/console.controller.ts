import { readFileSync } from 'node:fs';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from 'nestjs-revocable-jwt';

const file = (name: string): string =>
  readFileSync(new URL(`../public/${name}`, import.meta.url), 'utf8');

/** The page that shows how a token is revoked. Three small files, read at boot. */
@Public()
@ApiExcludeController()
@Controller()
export class ConsoleController {
  private readonly page = file('index.html');
  private readonly script = file('console.js');
  private readonly style = file('console.css');

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  html(): string {
    return this.page;
  }

  @Get('console.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  js(): string {
    return this.script;
  }

  @Get('console.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  css(): string {
    return this.style;
  }
}
