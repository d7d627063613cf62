import { playWithLeeway } from './playing.js';

playWithLeeway(10_000);
