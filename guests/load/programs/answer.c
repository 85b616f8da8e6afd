// What the soak compiles, with another SEED each time: sorts numbers, adds fractions, hashes both, and prints the hash and the sum.
// The test computes the same (tests/Nestvisor.Guests.Tests/SoakAnswers.cs).
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 4096
static uint64_t state = SEED;
static uint64_t next(void) { // xorshift64*
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1DULL;
}

struct item {
    uint32_t key;
    uint32_t index;
};

static int compare(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->index > y->index) - (x->index < y->index);
}

int main(void) {
    static struct item items[COUNT];
    uint64_t hash = 0xcbf29ce484222325ULL, bits;
    double sum = 0;
    for (uint32_t i = 0; i < COUNT; i++)
        items[i] = (struct item){(uint32_t)(next() >> 48), i};
    qsort(items, COUNT, sizeof *items, compare);
    for (int i = 0; i < COUNT; i++) {
        hash = (hash ^ items[i].key) * 0x100000001b3ULL;
        hash = (hash ^ items[i].index) * 0x100000001b3ULL;
        sum += (double)items[i].key / (items[i].index + 1);
    }
    memcpy(&bits, &sum, sizeof bits);
    printf("%016llx %016llx\n", (unsigned long long)hash, (unsigned long long)bits);
    return 0;
}
