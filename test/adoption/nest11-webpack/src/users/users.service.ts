import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { hash } from 'bcryptjs';
import { Repository } from 'typeorm';
import { User } from './user.entity';

@Injectable()
export class UsersService {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  findByEmail(email: string) {
    return this.users.findOneBy({ email });
  }

  findById(id: number) {
    return this.users.findOneBy({ id });
  }

  async create(email: string, password: string) {
    return this.users.save(
      this.users.create({ email, passwordHash: await hash(password, 10), roles: ['writer'] }),
    );
  }

  async remove(id: number) {
    const { affected } = await this.users.delete({ id });
    if (affected === 0) throw new NotFoundException();
  }
}
