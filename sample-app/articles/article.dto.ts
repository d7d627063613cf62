import { ApiProperty } from '@nestjs/swagger';
import { TextField } from '../http/fields.js';
import type { Article } from './article.entity.js';

export class ArticleRequest {
  @TextField({ max: 200 })
  title!: string;
  @TextField({ max: 10_000 })
  body!: string;
}

export class ArticleView {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;
  @ApiProperty()
  readonly title: string;
  @ApiProperty()
  readonly body: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  readonly authorId: string | null;

  constructor({ id, title, body, authorId }: Article) {
    this.id = id;
    this.title = title;
    this.body = body;
    this.authorId = authorId;
  }
}
