import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const menu = (name) => `.o_menu_sections [data-menu-xmlid="political_crm.${name}"]`;

function openParty() {
    return [
        stepUtils.showAppsMenuItem(),
        {
            trigger: '.o_app[data-menu-xmlid="political_crm.menu_root"]',
            content: _t("Your people, their branches and the work to do are here."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name=action_members]",
            content: _t("The overview counts the people you may see. Open your members."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {trigger: ".o_list_view"},
    ];
}

tours.add("political_lead_tour", {
    url: "/odoo",
    steps: () => [
        ...openParty(),
        {
            trigger: menu("menu_recruitment"),
            content: _t("Who may become a member? Follow them from step to step."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {trigger: ".o_kanban_view"},
        {
            trigger: menu("menu_relay"),
            content: _t("Write to your branch or to some people, without seeing an address."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {trigger: ".o_list_view th[data-name=subject]"},
        {
            trigger: ".o_list_button_add",
            content: _t("A new message."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=subject] input",
            content: _t("Say what it is about. The page tells how many people will get it."),
            tooltipPosition: "top",
            run: "edit Samedi",
        },
        {
            trigger: ".o_form_button_cancel",
            content: _t("Discard it for now: you know where to find it."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {trigger: ".o_list_view"},
    ],
});

tours.add("political_staff_tour", {
    url: "/odoo",
    steps: () => [
        ...openParty(),
        {
            trigger: ".o_searchview_input",
            content: _t("Half a name is enough to find a person."),
            tooltipPosition: "bottom",
            run: "edit zzz",
        },
        {
            trigger: menu("menu_people_analysis"),
            content: _t("Members and supporters by branch, place and month."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {trigger: ".o_pivot_view"},
        {
            trigger: ".o_switch_view.o_graph",
            content: _t("The same as a graph."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {trigger: ".o_graph_view"},
    ],
});

tours.add("political_manager_tour", {
    url: "/odoo",
    steps: () => [
        ...openParty(),
        {
            trigger: menu("menu_branch"),
            content: _t("A branch has places, local leads and a list for its news."),
            tooltipPosition: "bottom",
            run: "click",
        },
        // The list of members has such a button too: wait for the one of branches
        {trigger: ".o_list_view th[data-name=kind]"},
        {
            trigger: ".o_list_button_add",
            content: _t("Create your first branch: the national level, then federations."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            content: _t("Its name, as people say it."),
            tooltipPosition: "bottom",
            run: "edit Section de la visite",
        },
        {
            trigger: ".o_form_button_cancel",
            content: _t("Discard it for now: the overview lists what is left to set up."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {trigger: ".o_list_view"},
    ],
});

tours.add("political_finance_tour", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: '.o_app[data-menu-xmlid="political_crm.menu_root"]',
            content: _t("Dues and gifts are the financial agent's, apart from politics."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {trigger: ".o_form_view button[name=action_renewals]"},
        {
            trigger: menu("menu_finance_root"),
            content: _t("Payments, receipts and what the commission (CNCCFP) asks for."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: '[data-menu-xmlid="political_crm.menu_payment"]',
            content: _t("Enter a cheque or a transfer: the caps are checked before."),
            tooltipPosition: "right",
            run: "click",
        },
        {trigger: ".o_list_view"},
    ],
});
