// Package udp is empty: that backend takes a C compiler, and nobody who has VXLAN needs it.
package udp
