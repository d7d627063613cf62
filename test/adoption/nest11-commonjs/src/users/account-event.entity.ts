import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('account_events')
export class AccountEvent {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  userId: number;

  @Column()
  type: string;
}
