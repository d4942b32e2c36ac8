import { defineApp } from '../../model/app.ts';

// Mosquitto: MQTT over TCP for devices outside of the cluster, with its configuration as a file.
export default defineApp({
  name: 'broker',
  summary: 'Passes messages between devices.',
  image: {
    ref: 'docker.io/library/eclipse-mosquitto:2.0.22@sha256:212f89e1eaeb2c322d6441b64396e3346026674db8fa9c27beac293405c32b3c',
  },
  user: 1883,
  ports: { mqtt: { port: 1883, public: 1883 } },
  files: { '/mosquitto/config/mosquitto.conf': 'files/mosquitto.conf' },
  volumes: { retained: { path: '/mosquitto/data', size: '1Gi' } },
  probes: { ready: { tcp: 'mqtt' } },
  resources: { cpu: '10m', memory: '32Mi' },
});
