setInterval(() => console.log('worked'), Number(process.env.PAUSE));
