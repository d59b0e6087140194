// A clock that goes SLOWNESS times slower, to be preloaded: to a program that reads and waits by it the computer is so many
// times as fast, and what is computed takes no time worth counting beside what is waited for. Only what Node.js, libcoap,
// OpenSSL and Mbed TLS ask of the C library for a time is here.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

static int64_t slowness = 1;

__attribute__((constructor)) static void start(void) {
  const char *text = getenv("SLOWNESS");
  if (text != NULL && atoi(text) > 0) slowness = atoi(text);
}

static struct timespec of_nanoseconds(int64_t time) {
  return (struct timespec){.tv_sec = time / SECOND, .tv_nsec = time % SECOND};
}

static int64_t nanoseconds(struct timespec time) {
  return time.tv_sec * SECOND + time.tv_nsec;
}

static struct timespec longer(struct timespec time) {
  return of_nanoseconds(nanoseconds(time) * slowness);
}

static int longer_ms(int timeout) {
  return timeout > 0 ? timeout * (int)slowness : timeout;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  int counts_work = clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
  if (!counts_work) *now = of_nanoseconds(nanoseconds(*now) / slowness);
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec time;
  (void)zone;
  int result = clock_gettime(CLOCK_REALTIME, &time);
  *now = (struct timeval){.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
  return result;
}

time_t time(time_t *now) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  if (now != NULL) *now = time.tv_sec;
  return time.tv_sec;
}

int epoll_wait(int epoll, struct epoll_event *events, int events_max, int timeout) {
  return REAL(epoll_wait)(epoll, events, events_max, longer_ms(timeout));
}

int epoll_pwait(int epoll, struct epoll_event *events, int events_max, int timeout, const sigset_t *mask) {
  return REAL(epoll_pwait)(epoll, events, events_max, longer_ms(timeout), mask);
}

int select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict others, struct timeval *restrict timeout) {
  if (timeout == NULL) return REAL(select)(count, in, out, others, NULL);
  struct timespec time = longer((struct timespec){.tv_sec = timeout->tv_sec, .tv_nsec = timeout->tv_usec * 1000});
  struct timeval real_timeout = {.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
  return REAL(select)(count, in, out, others, &real_timeout);
}

int timerfd_settime(int timer, int flags, const struct itimerspec *setting, struct itimerspec *before) {
  struct itimerspec real_setting = {.it_interval = longer(setting->it_interval), .it_value = longer(setting->it_value)};
  return REAL(timerfd_settime)(timer, flags, &real_setting, before);
}
