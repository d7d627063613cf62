import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentUser, Public, Roles } from 'nestjs-revocable-jwt';
import { DataSource } from 'typeorm';
import { Transactions } from '../database/transactions.js';
import { NeedsRole, PublicSummary, Summary } from '../http/documented.js';
import { IdPipe } from '../http/id.pipe.js';
import { notFound } from '../http/refusals.js';
import { Article } from './article.entity.js';
import { ArticleRequest, ArticleView } from './article.dto.js';

/** How many of the newest articles are listed. */
const SHOWN = 100;

@ApiTags('articles')
@Controller('articles')
export class ArticlesController {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Transactions) private readonly transactions: Transactions,
  ) {}

  @Public()
  @Get()
  @PublicSummary('The newest articles.')
  @ApiOkResponse({ type: ArticleView, isArray: true })
  async list(): Promise<ArticleView[]> {
    const articles = await this.dataSource.manager.find(Article, {
      order: { createdAt: 'DESC', id: 'ASC' },
      take: SHOWN,
    });
    return articles.map((article) => new ArticleView(article));
  }

  @Roles('editor', 'admin')
  @Post()
  @Summary('Publishes an article.')
  @ApiCreatedResponse({ type: ArticleView })
  @NeedsRole({ 400: ['invalid_request'] })
  async create(
    @Body() { title, body }: ArticleRequest,
    @CurrentUser('userId') authorId: string,
  ): Promise<ArticleView> {
    const article = { id: randomUUID(), title, body, authorId, createdAt: new Date() };
    await this.transactions.run((manager) => manager.insert(Article, article));
    return new ArticleView(article);
  }

  @Roles('admin')
  @Delete(':id')
  @Summary('Deletes an article.')
  @HttpCode(204)
  @ApiNoContentResponse()
  @NeedsRole({ 404: ['not_found'] })
  async remove(@Param('id', IdPipe) id: string): Promise<void> {
    const { affected } = await this.transactions.run((manager) => manager.delete(Article, { id }));
    if (affected === 0) throw notFound('article');
  }
}
