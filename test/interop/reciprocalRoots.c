/*
 * What the processor's rsqrtps gives, which TensorFlow 1.14's Sqrt and Rsqrt start from: cc -O1 reciprocalRoots.c && ./a.out > reciprocalRoots.json,
 * recorded on the kind of processor (AMD, family 19h) that the recorded training steps come from as test/golden/train/reciprocalRoots.json.
 * It reads twelve bits behind the point: one digit per interval of 2^-12 of [1, 2) and 2 * 2^-12 of [2, 4), by how many 2^-13 the result
 * falls there, from 1. Ends with 1 where the processor reads or gives more bits than that.
 */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static float rsqrtps(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return _mm_cvtss_f32(_mm_rsqrt_ss(_mm_set_ss(x)));
}

int main(void) {
  int before = 8192;
  printf("{\"falls\":\"");
  for (uint32_t from = 0x3f800000; from < 0x40800000; from += 1 << 11) {
    float value = rsqrtps(from);
    for (uint32_t x = from; x < from + (1 << 11); x++) if (rsqrtps(x) != value) return 1;
    int now = (int)(value * 8192);
    if (now != value * 8192 || before < now || before - now > 9) return 1;
    printf("%d", before - now);
    before = now;
  }
  printf("\"}\n");
  return 0;
}
