// Package tencentvpc is empty: the client of that cloud is not among what the backends used here need.
package tencentvpc
