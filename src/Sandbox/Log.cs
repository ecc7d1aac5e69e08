namespace Cea.Sandbox;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Work in the background failed")]
    public static partial void BackgroundFailed(ILogger logger, Exception exception);
}
