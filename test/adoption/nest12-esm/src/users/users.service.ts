import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { hash } from 'bcryptjs';
import { Repository } from 'typeorm';
import { User } from './user.entity.js';

@Injectable()
export class UsersService {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  findByEmail(email: string) {
    return this.users.findOneBy({ email });
  }

  findById(id: string) {
    return this.users.findOneBy({ id });
  }

  async create(email: string, password: string) {
    return this.users.save({ email, passwordHash: await hash(password, 10) });
  }

  async lock(id: string) {
    const { affected } = await this.users.update({ id }, { accountStatus: 'locked' });
    if (affected === 0) throw new NotFoundException();
  }

  async remove(id: string) {
    const { affected } = await this.users.softDelete({ id });
    if (affected === 0) throw new NotFoundException();
  }
}
