using System.Reflection;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Feedback.UseCases;

/// <summary>Registers every use case of this assembly with its two behaviours.</summary>
public static class UseCaseRegistration
{
    public static IServiceCollection AddUseCases(this IServiceCollection services)
    {
        services.AddScoped<CurrentOfficer>();
        services.AddScoped(p => p.GetRequiredService<CurrentOfficer>().Officer);
        services.AddDbContext<FeedbackDb>((p, options) => options.UseNpgsql(p.GetRequiredService<Databases>().Pages));
        services.AddSingleton<Coding.CodebookInUse>();
        services.AddSingleton<Intake.LineCheck>();
        services.AddScoped<Safeguarding.CircleKeyring>();
        services.AddScoped<Items.ItemTexts>();
        services.AddScoped<SecondStep>();
        services.AddScoped<OwnPassword>();
        services.AddSingleton<SignInTries>();
        services.AddSingleton<Sessions>();
        services.AddScoped<Items.FeedReader>();
        services.AddScoped<Safeguarding.Mover>();
        services.AddScoped<Safeguarding.QuoteRules>();
        services.AddScoped<Replies.ReplyTargets>();
        services.AddScoped<Replies.ContactGuard>();
        services.AddSingleton<Replies.LineCalls>();
        services.AddScoped<Learning.TrainingCopies>();
        services.AddScoped<ServiceFactory>(p => p.GetRequiredService);
        services.AddScoped<IMediator>(p => new Mediator(p.GetRequiredService<ServiceFactory>()));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(May<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(Done<,>));
        foreach (var type in Assembly.GetExecutingAssembly().DefinedTypes.Where(t => t is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false }))
        {
            foreach (var handled in type.ImplementedInterfaces.Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)))
            {
                if (!handled.GenericTypeArguments[0].IsAssignableTo(typeof(IUseCase)))
                    throw new InvalidOperationException($"{handled.GenericTypeArguments[0].Name} declares no right: make it an IRead or an IWrite");
                services.AddScoped(handled, type);
            }
        }
        return services;
    }
}
