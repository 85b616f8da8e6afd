// netbench.c - throughput and round-trip times between a host and a guest, by the host's clock.
// Build:  gcc -O2 -static -o netbench netbench.c
// Usage:  netbench host [WORK...]    on the host: waits for the guest, measures, prints "# network WORK VALUE": bytes or seconds
//         netbench guest ADDRESS     in the guest: does what the host at this address asks for
//         netbench tap NAME [multi]  makes a TAP interface that stays, with several queues or with one
//   WORK: up (guest to host) and down, a TCP stream in bytes a second; tcp-N, udp-N, icmp-N, median round trip in seconds with N bytes.
//   With no WORK, all of the list at the end. A stream is sent three times: 1 MiB of which each byte is checked, then for 0.3 seconds, then
//   for the figure; there the receiver checks the number of bytes and the word of each page that says where in the stream it is, so
//   that what is measured is the network and not a check sum. Round trips come back byte for byte. What does not fit is a failure.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define PORT 7700
#define CHUNK (128 << 10)
#define PAGE 4096
#define MOST_BYTES 1400
#define WAIT 30                // seconds without a byte are a failure
#define STREAM_SECONDS 2.0
#define TRIP_SECONDS 1.5
#define TRIPS 4000
#define BATCH 50

enum { RECEIVE = 1, SEND, ECHO, END };
struct order { uint32_t what, size; uint64_t count; };

static void fail(const char *what) {
    printf("# failed: network: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}
static void options(int s, int tcp) {
    int one = 1;
    struct timeval t = {WAIT, 0};
    if (tcp && setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one)) fail("TCP_NODELAY");
    if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) || setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t)) fail("time limit");
}
static void put(int s, const void *p, size_t n) {
    for (ssize_t k; n; p = (const char *)p + k, n -= k)
        if ((k = send(s, p, n, MSG_NOSIGNAL)) <= 0) fail("send");
}
static void get(int s, void *p, size_t n) {
    for (ssize_t k; n; p = (char *)p + k, n -= k)
        if ((k = recv(s, p, n, 0)) <= 0) { if (!k) errno = ECONNRESET; fail("receive"); }
}

// ---- a stream: pseudo-random, and at the start of each page stands where in the stream it is
static char pattern[CHUNK] __attribute__((aligned(PAGE))), arrived[CHUNK] __attribute__((aligned(PAGE)));
static void fill(void) {
    uint64_t x = 88172645463325252ULL;
    for (int i = 0; i < CHUNK; i += 8) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; memcpy(pattern + i, &x, 8); }
}
static void number(uint64_t at) {
    for (int i = 0; i < CHUNK; i += PAGE) { uint64_t v = at + i; memcpy(pattern + i, &v, 8); }
}
static void stream_out(int s, uint64_t bytes) {
    for (uint64_t at = 0; at < bytes; at += CHUNK) { number(at); put(s, pattern, CHUNK); }
}
static uint64_t stream_in(int s, uint64_t bytes, int all) {
    uint64_t bad = 0;
    for (uint64_t at = 0; at < bytes; at += CHUNK) {
        get(s, arrived, CHUNK);
        if (all) { number(at); bad += memcmp(arrived, pattern, CHUNK) != 0; continue; }
        for (int i = 0; i < CHUNK; i += PAGE) { uint64_t v; memcpy(&v, arrived + i, 8); bad += v != at + i; }
    }
    return bad;
}

// ---- the guest
static void echo_datagrams(void) {
    char p[MOST_BYTES];
    struct sockaddr_in a = {AF_INET, htons(PORT), {INADDR_ANY}};
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    if (s < 0 || bind(s, (void *)&a, sizeof a)) fail("UDP port");
    if (fork()) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        socklen_t l = sizeof a;
        ssize_t n = recvfrom(s, p, sizeof p, 0, (void *)&a, &l);
        if (n >= 0) sendto(s, p, n, 0, (void *)&a, l);
    }
}
static int guest(const char *address) {
    struct sockaddr_in a = {AF_INET, htons(PORT), {0}};
    struct order o;
    int s;
    if (!inet_aton(address, &a.sin_addr)) fail("address");
    echo_datagrams();
    // The way there may still be coming up.
    for (int i = 0; ; i++) {
        if ((s = socket(AF_INET, SOCK_STREAM, 0)) < 0) fail("socket");
        options(s, 1);
        if (!connect(s, (void *)&a, sizeof a)) break;
        if (i == 100) fail("connect");
        close(s);
        usleep(100000);
    }
    for (;;) {
        char p[MOST_BYTES];
        uint64_t bad = 0;
        get(s, &o, sizeof o);
        switch (o.what) {
        case RECEIVE: bad = stream_in(s, o.count, o.size); put(s, &bad, sizeof bad); break;
        case SEND: stream_out(s, o.count); break;
        case ECHO: if (o.size > sizeof p) return 1; for (; o.count; o.count--) { get(s, p, o.size); put(s, p, o.size); } break;
        default: return 0;
        }
    }
}

// ---- the host
static int control;
static struct sockaddr_in peer;
static void order(int what, uint32_t size, uint64_t count) {
    struct order o = {what, size, count};
    put(control, &o, sizeof o);
}
static double stream(int up, uint64_t bytes, int all) {
    uint64_t bad;
    double t = now();
    order(up ? SEND : RECEIVE, all, bytes);
    if (up) bad = stream_in(control, bytes, all);
    else { stream_out(control, bytes); get(control, &bad, sizeof bad); }
    t = now() - t;
    errno = 0;
    if (bad) fail(up ? "what came up is not what was sent" : "what came down is not what was sent");
    return t;
}
static double throughput(int up) {
    uint64_t n = 1 << 20;
    double t = stream(up, n, 1), rough[] = {0.3, STREAM_SECONDS};
    for (int i = 0; i < 2; i++) {
        double next = n / t * rough[i];
        n = (uint64_t)(next > 16e9 ? 16e9 : next) / CHUNK * CHUNK;
        if (!n) n = CHUNK;
        t = stream(up, n, 0);
    }
    return n / t;
}
static uint16_t sum16(const void *p, int n) {
    uint32_t s = 0;
    for (const uint8_t *c = p; n > 1; n -= 2, c += 2) s += c[0] << 8 | c[1];
    while (s >> 16) s = (s & 0xffff) + (s >> 16);
    return htons(~s);
}
// One round trip. Datagrams and echoes are numbered; late ones are passed over. Returns false if nothing came.
static int trip(int s, int kind, uint32_t i, char *p, int size) {
    char q[MOST_BYTES + 128];
    int head = 0, from = 0, tag = size < 4 ? size : 4;
    memcpy(p + (kind == IPPROTO_ICMP ? 8 : 0), &i, tag);
    if (kind == IPPROTO_TCP) { put(s, p, size); get(s, q, size); return !memcmp(p, q, size) || (errno = 0, fail("another echo came back"), 0); }
    if (kind == IPPROTO_ICMP) {
        struct icmphdr h = {ICMP_ECHO, 0, 0, {{htons(7700), htons(i)}}};
        head = 8; from = 20;
        memcpy(p, &h, 8);
        h.checksum = sum16(p, (size + 8) & ~1);
        memcpy(p, &h, 8);
    }
    if (sendto(s, p, size + head, 0, (void *)&peer, sizeof peer) < 0) fail("send");
    for (;;) {
        ssize_t n = recv(s, q, sizeof q, 0);
        if (n < 0 && errno != EAGAIN) fail("receive");
        if (n < 0) return 0;
        if (kind == IPPROTO_ICMP && (n < 28 || q[20] != ICMP_ECHOREPLY)) continue;
        if (n == size + head + from && !memcmp(p + head, q + head + from, size)) return 1;
    }
}
static int by_size(const void *x, const void *y) { double a = *(const double *)x, b = *(const double *)y; return (a > b) - (a < b); }
static double round_trip(int kind, int size) {
    static double t[TRIPS];
    char p[MOST_BYTES + 8];
    int s = control, n = 0, lost = 0;
    if (size < 1 || size > MOST_BYTES || (kind == IPPROTO_ICMP && size % 2)) { errno = EINVAL; fail("size of a round trip"); }
    memcpy(p, pattern + 64, sizeof p);
    if (kind != IPPROTO_TCP) {
        struct timeval second = {1, 0};
        s = kind == IPPROTO_UDP ? socket(AF_INET, SOCK_DGRAM, 0) : socket(AF_INET, SOCK_RAW, kind);
        if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second)) fail("socket");
    }
    for (double began = now(); n < TRIPS && now() - began < TRIP_SECONDS; ) {
        if (kind == IPPROTO_TCP) order(ECHO, size, BATCH);
        for (int i = 0; i < BATCH; i++) {
            double at = now();
            if (trip(s, kind, n + lost + i, p, size)) t[n++] = now() - at; else lost++;
        }
    }
    if (s != control) close(s);
    errno = 0;
    if (lost * 100 > n) fail("more than one datagram in a hundred was lost");
    qsort(t, n, sizeof *t, by_size);
    return t[n / 2];
}
static void measure(const char *work) {
    double v;
    const char *c = strchr(work, '-');
    int kind = !strncmp(work, "tcp-", 4) ? IPPROTO_TCP : !strncmp(work, "udp-", 4) ? IPPROTO_UDP : !strncmp(work, "icmp-", 5) ? IPPROTO_ICMP : 0;
    if (kind) v = round_trip(kind, atoi(c + 1));
    else if (!strcmp(work, "up") || !strcmp(work, "down")) v = throughput(*work == 'u');
    else { errno = EINVAL; fail(work); return; }
    printf("# network %s %.9g\n", work, v);
}
static int host(int n, char **works) {
    static char *all[] = {"down", "up", "tcp-1", "tcp-1400", "udp-1", "udp-1400", "icmp-56"};
    struct sockaddr_in a = {AF_INET, htons(PORT), {INADDR_ANY}};
    socklen_t l = sizeof peer;
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) || bind(s, (void *)&a, sizeof a) || listen(s, 1)) fail("listen");
    if ((control = accept(s, (void *)&peer, &l)) < 0) fail("accept");
    peer.sin_port = htons(PORT);
    options(control, 1);
    if (!n) { n = sizeof all / sizeof *all; works = all; }
    for (int i = 0; i < n; i++) measure(works[i]);
    order(END, 0, 0);
    return 0;
}

static int tap(const char *name, int multi) {
    struct ifreq r = {0};
    int f = open("/dev/net/tun", O_RDWR);
    strncpy(r.ifr_name, name, IFNAMSIZ - 1);
    r.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (multi ? IFF_MULTI_QUEUE : 0);
    if (f < 0 || ioctl(f, TUNSETIFF, &r) || ioctl(f, TUNSETPERSIST, 1)) fail("TAP");
    return 0;
}
int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    fill();
    if (argc > 1 && !strcmp(argv[1], "host")) return host(argc - 2, argv + 2);
    if (argc == 3 && !strcmp(argv[1], "guest")) return guest(argv[2]);
    if (argc > 2 && !strcmp(argv[1], "tap")) return tap(argv[2], argc > 3);
    fprintf(stderr, "usage: netbench host [WORK...] | guest ADDRESS | tap NAME [multi]\n");
    return 2;
}
