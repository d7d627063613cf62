import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { hash } from 'bcryptjs';
import { Repository } from 'typeorm';
import { Transactional } from 'typeorm-transactional';
import { AccountEvent } from './account-event.entity';
import { User } from './user.entity';

@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @InjectRepository(AccountEvent) private readonly events: Repository<AccountEvent>,
  ) {}

  findByEmail(email: string) {
    return this.users.findOneBy({ email });
  }

  findById(id: number) {
    return this.users.findOneBy({ id });
  }

  list() {
    return this.users.find({ select: { id: true, email: true, role: true, active: true } });
  }

  eventsOf(userId: number) {
    return this.events.findBy({ userId });
  }

  async create(email: string, password: string) {
    return this.users.save(
      this.users.create({ email, passwordHash: await hash(password, 10), role: 'customer' }),
    );
  }

  setRefreshTokenHash(id: number, refreshTokenHash: string | null) {
    return this.users.update({ id }, { refreshTokenHash });
  }

  @Transactional()
  async disable(id: number) {
    const { affected } = await this.users.update({ id }, { active: false });
    if (affected === 0) throw new NotFoundException();
    await this.events.save(this.events.create({ userId: id, type: 'disabled' }));
    if ((await this.users.countBy({ role: 'admin', active: true })) === 0) {
      throw new ConflictException('The last admin stays');
    }
  }
}
