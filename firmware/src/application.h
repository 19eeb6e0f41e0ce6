/* The firmware's application: answers requests on the serial port, and shows a result to people while it waits. */
#ifndef APPLICATION_H
#define APPLICATION_H

#ifdef __cplusplus
extern "C" {
#endif

/* Once, after port_start: runs the built-in test vectors and reports that the board is ready. */
void application_start(void);

/* Again and again: takes what was received. Never waits. */
void application_poll(void);

#ifdef __cplusplus
}
#endif

#endif
