import { playWithLeeway } from './playing.js';

playWithLeeway(0);
