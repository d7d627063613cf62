import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI document, at `/docs` for people and at `/docs-json` for programs. */
export function serveApiDocument(app: INestApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Sample app of nestjs-revocable-jwt')
    .setDescription(
      'JWT authentication whose tokens can be revoked. Refusals have a stable `code`.',
    )
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addBearerAuth()
    .addBasicAuth()
    .addTag('auth', 'Sign in, stay signed in, sign out.')
    .addTag('oauth', 'For services and clients that speak OAuth.')
    .addTag('articles', 'What the application is about.')
    .addTag('admin', 'Users and revocations, for admins.')
    .addTag('health', 'For orchestrators and load balancers.')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config));
}
