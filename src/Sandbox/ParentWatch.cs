using System.Diagnostics;

namespace Cea.Sandbox;

/// <summary>Ends the sandbox with the process that started it, even one that was killed: setting <c>Sandbox:ParentPid</c>.</summary>
internal static class ParentWatch
{
    public static void Start(WebApplication app)
    {
        if (app.Configuration.GetValue<int?>("Sandbox:ParentPid") is not { } pid)
            return;
        try
        {
            var parent = Process.GetProcessById(pid);
            app.Services.GetRequiredService<Background>().Start(async ct =>
            {
                await parent.WaitForExitAsync(ct);
                app.Lifetime.StopApplication();
            });
        }
        catch (ArgumentException)
        {
            throw new Control.ControlException("Sandbox:ParentPid is no running process");
        }
    }
}
