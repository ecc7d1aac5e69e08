using Cea.Sandbox;

return await SandboxServer.RunAsync(args);
