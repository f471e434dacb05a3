import { z } from 'zod';

// Without this zod compiles its checks with Function(), which the page's content security policy forbids.
z.config({ jitless: true });

/** Schemas of JSON files that are read. */
export { z };
