using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Nestvisor.Api;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Machines;
using Nestvisor.Management.Transfers;

namespace Nestvisor.Management.Hosting;

/// <summary>The HTTP interface of exports and imports.</summary>
internal sealed class TransferEndpoints(MachineImports imports, TransferList transfers)
{
    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        _ = routes.MapPost("/v1/machines/{id:guid}/export", ExportAsync);
        _ = routes.MapPost("/v1/imports", ImportAsync);
        _ = routes.MapPost("/v1/plans", PlanAsync);
        _ = routes.MapGet("/v1/plans/{id:guid}", ReportAsync);
        _ = routes.MapPost("/v1/plans/{id:guid}/import/{transfer:guid}", ImportPlanAsync);
        _ = routes.MapGet("/v1/transfers/{id:guid}", (RequestDelegate)(context => Bodies.AnswerAsync(
            context, new TransferInfo { Percent = transfers.Get(Bodies.Id(context)).Percent }, ApiJsonContext.Default.TransferInfo)));
    }

    private async Task ExportAsync(HttpContext context)
    {
        ManagedMachine machine = imports.GetImported(Bodies.Id(context));
        ExportMachineRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.ExportMachineRequest).ConfigureAwait(false);
        _ = await transfers.RunAsync(request.Transfer, async transfer =>
        {
            await machine.ExportAsync(request, transfer).ConfigureAwait(false);
            return true;
        }, context.RequestAborted).ConfigureAwait(false);
        await Bodies.AnswerMachineAsync(context, machine).ConfigureAwait(false);
    }

    private async Task ImportAsync(HttpContext context)
    {
        ImportMachineRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.ImportMachineRequest).ConfigureAwait(false);
        ManagedMachine machine = await transfers.RunAsync(
            request.Transfer, transfer => imports.ImportAsync(request, transfer), context.RequestAborted).ConfigureAwait(false);
        await Bodies.AnswerMachineAsync(context, machine).ConfigureAwait(false);
    }

    private async Task PlanAsync(HttpContext context)
    {
        ImportMachineRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.ImportMachineRequest).ConfigureAwait(false);
        await Bodies.AnswerAsync(
            context, await imports.PlanAsync(request, context.RequestAborted).ConfigureAwait(false), ApiJsonContext.Default.ImportReport).ConfigureAwait(false);
    }

    private async Task ReportAsync(HttpContext context) => await Bodies.AnswerAsync(
        context,
        await imports.ReportAsync(imports.Get(Bodies.Id(context)), context.RequestAborted).ConfigureAwait(false),
        ApiJsonContext.Default.ImportReport).ConfigureAwait(false);

    private async Task ImportPlanAsync(HttpContext context)
    {
        ImportPlan plan = imports.Get(Bodies.Id(context));
        ManagedMachine machine = await transfers.RunAsync(
            Guid.Parse((string)context.Request.RouteValues["transfer"]!),
            transfer => imports.ImportAsync(plan, transfer),
            context.RequestAborted).ConfigureAwait(false);
        await Bodies.AnswerMachineAsync(context, machine).ConfigureAwait(false);
    }
}
